using System.Buffers.Binary;
using ManagedLog.Engine.Log;

namespace ManagedLog.Simulation.Judging;

/// <summary>What the log says about its producers, by replaying all of it: every snapshot of theirs must say the same (I8).</summary>
internal static class ProducerReplay
{
    private const int LogTimeAt = 2;
    private const int ProducersAt = 14;
    private const int BatchesAt = 18;
    private const int EntryBytes = 19;
    private const int BatchBytes = 24;

    /// <summary>Null: they say the same. Log times are passed over: who begins with a segment in which no producer is known does not know those before it.</summary>
    /// <param name="snapshot">As it is stored; empty: nothing is known of any producer.</param>
    /// <param name="batches">All that ever stood.</param>
    public static string? FindDifference(ReadOnlySpan<byte> snapshot, IReadOnlyList<StoredBatch> batches, long belowOffset, TimeSpan expiry)
    {
        var state = new ProducerState(expiry);
        foreach (var batch in batches)
        {
            if (batch.BaseOffset >= belowOffset)
                break;
            state.Apply(batch.Header);
        }

        if (snapshot.IsEmpty)
        {
            state.Expire();
            return state.Count == 0 ? null : $"nothing of {state.Count} producers";
        }

        return WithoutTimes(snapshot).SequenceEqual(WithoutTimes(state.Encode())) ? null : "something else of the producers";
    }

    private static byte[] WithoutTimes(ReadOnlySpan<byte> snapshot)
    {
        var bytes = snapshot.ToArray();
        bytes.AsSpan(LogTimeAt, sizeof(long)).Clear();
        for (var at = ProducersAt; at + EntryBytes <= bytes.Length; at += EntryBytes + (bytes[at + BatchesAt] * BatchBytes))
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(at + 10), 0);
        return bytes;
    }
}
