namespace ManagedLog.Simulation.Judging;

/// <summary>One record as it stands in storage; key and value as hexadecimal digits, null where there is none.</summary>
internal sealed record StoredRecord(long Offset, long Timestamp, string? Key, string? Value)
{
    public bool IsTombstone => Key is not null && Value is null;
}
