namespace ManagedLog.Protocol.Records;

/// <summary>
/// One header of a record (KIP-82). Keys may repeat within a record and order counts; the key is UTF-8 in the batch, a value may be absent (null), which is not the same as empty.
/// </summary>
public readonly record struct RecordHeader(string Key, ReadOnlyMemory<byte>? Value);
