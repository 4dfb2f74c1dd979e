namespace ManagedLog.Protocol.Records;

/// <summary>What a control record says (KIP-98).</summary>
public enum ControlRecordType
{
    Abort = 0,
    Commit = 1,
}
