using ManagedLog.Protocol.Records;

namespace ManagedLog.Simulation.Judging;

/// <summary>One batch as it stands in storage.</summary>
internal sealed record StoredBatch(RecordBatchHeader Header, ContentKey Content, ReadOnlyMemory<byte> Bytes)
{
    public long BaseOffset => Header.BaseOffset;

    public override string ToString() => $"{Content} at {BaseOffset}";
}
