using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Workload;

/// <summary>What producers send.</summary>
internal static class Batches
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(5);

    /// <summary>So many keys has a topic that is compacted.</summary>
    private const int Keys = 9;

    /// <summary>A few records of random sizes, as no other batch has them.</summary>
    /// <param name="isKeyed">Every record has one of a few keys, and some have no value.</param>
    public static byte[] Draw(SeededRandom random, long now, bool isKeyed = false)
    {
        var builder = new RecordBatchBuilder();
        for (var records = random.Between(1, 4); records > 0; records--)
        {
            var value = new byte[random.LogBetween(8, 2000)];
            random.Fill(value);
            // Producers' clocks and queues: timestamps do not increase along a log.
            var time = random.Chance(0.3) ? now - (long)random.LogBetween(TimeSpan.FromMilliseconds(1), LongestDelay).TotalMilliseconds : now;
            if (isKeyed)
                builder.Add(time, new[] { (byte)random.Below(Keys) }, random.Chance(0.2) ? default(ReadOnlyMemory<byte>?) : value, [new RecordHeader("unique", value.AsMemory(0, 8))]);
            else
                builder.Add(time, random.Chance(0.5) ? value.AsMemory(0, 4) : null, value, []);
        }

        return builder.Build().ToArray();
    }

    /// <summary>
    /// A batch that ends with the very bytes of a seal: a copied one when it stands at <paramref name="position"/>, as the first of its block, or any other
    /// place.
    /// </summary>
    public static byte[] Forge(SealFrame seal, long position, long now)
    {
        var size = Build(seal, now).Length;
        return Build(seal with { Position = position + size - SealFrame.Size }, now);
    }

    private static byte[] Build(SealFrame seal, long now)
    {
        var frame = seal.ToArray();
        var builder = new RecordBatchBuilder();
        builder.Add(now, frame, frame, [new RecordHeader("copy", frame)]);
        return builder.Build().ToArray();
    }
}
