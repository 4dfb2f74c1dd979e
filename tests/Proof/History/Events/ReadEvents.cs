namespace ManagedLog.Proof.History.Events;

/// <summary>A fetch is about to be sent.</summary>
/// <param name="From">The offset; null: the earliest, or by time.</param>
internal sealed record ReadInvoked(long At, int Op, string Reader, int Instance, string Topic, int Partition, long? From) : HistoryEvent(At)
{
    /// <summary>In milliseconds since 1970, where the fetch begins by time.</summary>
    public long? FromTime { get; init; }

    /// <summary>Reads of one pass over the whole partition at the end of the history, after everything else was answered, share it.</summary>
    public string? Pass { get; init; }
}

/// <summary>The fetch was answered; one that was not has no completion.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="LogStart">As the answer says, where it does.</param>
/// <param name="HighWatermark">As the answer says, where it does.</param>
internal sealed record ReadCompleted(long At, int Op, int Status, long? LogStart, long? HighWatermark, IReadOnlyList<ReadRecord> Records) : HistoryEvent(At)
{
    /// <summary>Where the answer ends, if that is not behind its last record: compaction may have left nothing behind that.</summary>
    public long? Next { get; init; }
}

/// <param name="Value">The label of what was read (<see cref="Payload.LabelOf"/>).</param>
internal sealed record ReadRecord(long Offset, string Value, long Timestamp);
