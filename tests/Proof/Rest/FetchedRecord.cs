namespace ManagedLog.Proof.Rest;

/// <summary>One record as a fetch in the binary format gives it; only what is used.</summary>
internal sealed record FetchedRecord(long Offset, byte[] Key, byte[]? Value)
{
    /// <summary>In milliseconds since 1970.</summary>
    public long Timestamp { get; init; }
}
