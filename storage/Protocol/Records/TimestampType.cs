namespace ManagedLog.Protocol.Records;

/// <summary>Bit 3 of a batch's attributes (KIP-32): whose clock the timestamps are.</summary>
public enum TimestampType
{
    CreateTime = 0,
    LogAppendTime = 1,
}
