namespace ManagedLog.Engine;

/// <summary>
/// One or more whole record batches for one partition, appended in this order, all in one block or (on a roll between them) one after the other.
/// The memory belongs to the engine from here on: it sets offsets, epoch and identity in place.
/// </summary>
public sealed record AppendRequest(IReadOnlyList<Memory<byte>> Batches, Acks Acks = Acks.All)
{
    /// <summary>
    /// Told how many bytes more a batch takes as the topic's compression.type stores it than it took as it was sent, once for each that grows. False: there is no room for
    /// them, and nothing is appended. Null: nobody counts.
    /// </summary>
    public Func<long, bool>? TryHold { get; init; }
}

/// <summary>Where a batch stands.</summary>
/// <param name="BaseOffset">Of its first record; −1 with acks=0.</param>
/// <param name="AppendTime">Ms since 1970 when the topic's timestamps are the log's, otherwise −1: the records keep their own.</param>
public readonly record struct AppendedBatch(long BaseOffset, long AppendTime);

/// <summary>The answer to an <see cref="AppendRequest"/>: one entry for each batch, in order.</summary>
public sealed record AppendResult(IReadOnlyList<AppendedBatch> Batches);
