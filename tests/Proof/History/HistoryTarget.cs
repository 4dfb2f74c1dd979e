namespace ManagedLog.Proof.History;

/// <summary>A partition that is written and read.</summary>
internal sealed record HistoryTarget(string Topic, int Partition)
{
    public string Path => $"/topics/{Topic}/partitions/{Partition}";
}
