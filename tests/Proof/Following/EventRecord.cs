namespace ManagedLog.Proof.Following;

/// <summary>One record as a stream in the binary format gives it; only what is used.</summary>
internal sealed record EventRecord(int Partition, long Offset, byte[] Value);
