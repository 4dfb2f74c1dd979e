namespace ManagedLog.Engine.Log;

internal enum SequenceVerdict
{
    /// <summary>Follows what stands: append it.</summary>
    Next = 0,

    /// <summary>Stands already: answer with its first offset and time.</summary>
    Duplicate,

    /// <summary>Leaves a gap, or repeats what is too long ago to be recognised.</summary>
    OutOfOrder,

    /// <summary>Its epoch is older than the producer's current one.</summary>
    StaleEpoch,

    /// <summary>Not the first batch of a producer of which nothing is known (any more).</summary>
    UnknownProducer,
}

/// <summary>What a producer's batch is, by its sequence.</summary>
/// <param name="BaseOffset">Of a duplicate: where the original stands.</param>
/// <param name="Timestamp">Of a duplicate: the original's append time, −1 where records keep their own.</param>
/// <param name="Expected">The sequence that would be next; the current epoch for a stale one.</param>
/// <param name="Batch">Which batch of its request it concerns.</param>
internal readonly record struct SequenceCheck(SequenceVerdict Verdict, long BaseOffset = -1, long Timestamp = -1, int Expected = 0, int Batch = 0);
