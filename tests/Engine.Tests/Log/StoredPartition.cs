using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Tests.Log;

/// <summary>Puts segments of chosen batches straight into storage, the last of them active, as writers would have left them.</summary>
internal static class StoredPartition
{
    public static async Task PutAsync(LogFixture fixture, IReadOnlyList<IReadOnlyList<Memory<byte>>> segments, long logStart = 0)
    {
        var rows = new RowBatch(StorageLayout.PartitionKey(fixture.Partition));
        var nextOffset = 0L;
        var predecessor = SegmentId.None;
        foreach (var (number, batches) in segments.Index())
        {
            var segment = new SegmentId(new Guid(number + 1, 0, 0, new byte[8]));
            var row = await PutLogAsync(fixture, segment, nextOffset, predecessor, batches);
            if (number < segments.Count - 1)
                rows.Insert(StorageLayout.SegmentRowKey(row.BaseOffset), row.Encode());
            else
                rows.Insert(StorageLayout.HeadRowKey, new PartitionHeadRow(PartitionState.Open, 0, 0, [0], [0], new ActiveSegmentRef(segment, nextOffset, 0), logStart).Encode());
            nextOffset = row.EndOffset;
            predecessor = segment;
        }

        Assert.True((await fixture.Twin.CommitRowsAsync(StorageLayout.PartitionsTable, rows, default)).IsDone);
    }

    /// <summary>One <c>.log</c> blob; answers the row that says exactly what it holds.</summary>
    public static async Task<ChainSegmentRow> PutLogAsync(
        LogFixture fixture, SegmentId segment, long baseOffset, SegmentId predecessor, IReadOnlyList<Memory<byte>> batches)
    {
        var blob = StorageLayout.LogBlob(fixture.Partition, baseOffset, segment);
        Assert.True((await fixture.Twin.CreateAppendBlobAsync(blob, default)).IsDone);
        var position = 0L;
        await AppendAsync(new SegmentHeaderFrame(fixture.Partition, segment, baseOffset, 0, predecessor, 0).ToArray());
        var nextOffset = baseOffset;
        var maxTimestamp = -1L;
        foreach (var batch in batches)
        {
            RecordBatchPatch.Place(batch.Span, nextOffset, 0);
            RecordBatchHeader.TryRead(batch.Span, out var header);
            nextOffset = header.NextOffset;
            maxTimestamp = Math.Max(maxTimestamp, header.MaxTimestamp);
            await AppendAsync(batch);
        }

        return new ChainSegmentRow(segment, baseOffset, nextOffset, position, maxTimestamp, 0, blob);

        async Task AppendAsync(ReadOnlyMemory<byte> bytes)
        {
            var outcome = await fixture.Twin.AppendAsync(blob, position, bytes, default);
            Assert.True(outcome.IsDone);
            position = outcome.Value;
        }
    }

    /// <summary>Records with these timestamps and, as values, whatever <paramref name="valueBytes"/> random bytes make.</summary>
    public static Memory<byte> Batch(Random random, IReadOnlyList<long> timestamps, int valueBytes = 20, CompressionCodec codec = CompressionCodec.None)
    {
        var builder = new RecordBatchBuilder(codec);
        foreach (var timestamp in timestamps)
        {
            var value = new byte[valueBytes];
            random.NextBytes(value);
            builder.Add(timestamp, null, value, []);
        }

        return builder.Build();
    }

    public static async Task<SegmentChain> ChainAsync(this LogFixture.Instance instance, LogFixture fixture) =>
        await new ChainStore(instance.Context, fixture.Partition).ReadAsync() ?? throw new InvalidOperationException("There is no chain.");

    /// <summary>Rewrites as fast as storage answers: pauses between tries take no time.</summary>
    public static async Task<RewriteResult> RewriteAsync(this LogFixture.Instance instance, LogFixture fixture, ChainSegmentRow row) =>
        await new SegmentRewriter(instance.Context with { Time = new HastyTime() }, fixture.Partition).RewriteAsync(row, default);

    /// <summary>Rewrites every sealed segment.</summary>
    public static async Task RewriteAllAsync(this LogFixture.Instance instance, LogFixture fixture)
    {
        foreach (var row in (await instance.ChainAsync(fixture)).Sealed)
            Assert.Equal(RewriteOutcome.Replaced, (await instance.RewriteAsync(fixture, row)).Outcome);
    }

    public static async Task DeleteAsync(this LogFixture fixture, string blob)
    {
        var found = await fixture.Twin.GetBlobAsync(blob, default);
        Assert.True((await fixture.Twin.DeleteBlobAsync(blob, found.Value.ETag, default)).IsDone);
    }

    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.Zero : dueTime, period);
    }
}
