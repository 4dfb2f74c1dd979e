using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Tests.Compaction;

/// <summary>Topics that have something to compact.</summary>
internal static class CompactedTopic
{
    public static readonly TimeSpan DeleteRetention = TimeSpan.FromHours(3);

    public static (string, string)[] Configs { get; } =
    [
        ("cleanup.policy", "compact"), ("segment.bytes", "16384"), ("min.cleanable.dirty.ratio", "0"), ("delete.retention.ms", "10800000"),
    ];

    /// <summary>
    /// Six sealed segments: in the first everything is superseded, two that shrink, one of which only its begin stays, one without change, and a tombstone for a key of
    /// the first. No tick has been at it.
    /// </summary>
    public static Task<KeyedLog> PrepareAsync(HousekeepingWorld world, HousekeepingInstance writer, params (string, string)[] configs) =>
        PrepareAsync(world, writer, "t", configs);

    public static async Task<KeyedLog> PrepareAsync(HousekeepingWorld world, HousekeepingInstance writer, string name, params (string, string)[] configs)
    {
        var topic = await writer.CreateAsync(name, [.. Configs.Where(config => !configs.Any(other => other.Item1 == config.Item1)), .. configs]);
        var log = new KeyedLog(world, topic, DeleteRetention);
        string[][] segments = [["a", "b", "c", "d", "a"], ["e", "f", "g", "h", "i"], ["j", "f", "g", "h", "i"], ["a", "b", "c", "f", "g"], ["k", "l", "m", "n", "o"], ["h", "i", "-d", "j", "a", "b"]];
        foreach (var (number, keys) in segments.Index())
        {
            foreach (var key in keys)
            {
                var isTombstone = key[0] == '-';
                await log.AppendAsync(writer, CompressionCodec.None, isTombstone ? (key[1..], null) : (key, HousekeepingInstance.Large(number)));
            }
        }

        await log.AppendAsync(writer, CompressionCodec.None, ("z", "active"));
        await world.WaitAsync(TimeSpan.FromMinutes(1));
        return log;
    }
}
