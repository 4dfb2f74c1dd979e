namespace ManagedLog.Proof.History;

/// <summary>A partition that is written and read.</summary>
internal sealed record HistoryTarget(string Topic, int Partition)
{
    /// <summary>Its records share keys, and some have no value.</summary>
    public bool IsCompacted { get; init; }

    public string Path => $"/topics/{Topic}/partitions/{Partition}";
}
