using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Records;
using ManagedLog.Simulation.Judging;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>Images of one partition, made by hand: one batch of one record for each value.</summary>
internal static class Images
{
    public static LogImage Of(params string[] values) => Of(Bytes(values));

    /// <summary>Records of these timestamps.</summary>
    public static LogImage Timed(params long[] timestamps) => Of([.. timestamps.Select((timestamp, offset) =>
    {
        var builder = new RecordBatchBuilder();
        builder.Add(timestamp, null, "value"u8.ToArray(), []);
        var batch = builder.Build().ToArray();
        RecordBatchPatch.SealCrc(batch);
        RecordBatchPatch.Place(batch, offset, 0);
        return (ReadOnlyMemory<byte>)batch;
    })]);

    public static PartitionHeadRow Head(long active, long start) =>
        new(PartitionState.Open, 0, 0, [0], [0], new ActiveSegmentRef(LogForge.Id(9), active, 0), start);

    public static ContentKey Key(string value) => ContentKey.Of(Batch(value, 0));

    public static List<ReadOnlyMemory<byte>> Bytes(params string[] values) =>
        [.. values.Select((value, offset) => (ReadOnlyMemory<byte>)Batch(value, offset))];

    private static LogImage Of(List<ReadOnlyMemory<byte>> batches) => new(LogForge.Partition, null, [], [.. batches.Select(Stored)], TailState.Open, []);

    private static StoredBatch Stored(ReadOnlyMemory<byte> bytes)
    {
        RecordBatchHeader.TryRead(bytes.Span, out var header);
        return new StoredBatch(header, ContentKey.Of(bytes.Span), bytes);
    }

    /// <summary>All of the same time, so that equal values are equal content.</summary>
    private static byte[] Batch(string value, long offset)
    {
        var batch = LogForge.Batch(0, value);
        RecordBatchPatch.Place(batch, offset, 0);
        return batch;
    }
}
