namespace ManagedLog.Proof.Rest;

/// <summary>The body of a v2 produce in the binary format.</summary>
internal sealed record ProduceRequest(IReadOnlyList<ProduceRecord> Records);

/// <summary>One record to write.</summary>
internal sealed record ProduceRecord(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value);
