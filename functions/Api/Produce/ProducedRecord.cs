using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.Produce;

/// <summary>One record as it was asked for. The bytes are valid until the next record is read.</summary>
/// <param name="Partition">As given, whatever it is; null: chosen by the key, or any.</param>
internal readonly record struct ProducedRecord(
    long Timestamp, ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value, IReadOnlyList<RecordHeader> Headers, int? Partition);
