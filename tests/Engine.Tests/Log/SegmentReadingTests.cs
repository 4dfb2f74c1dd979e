using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Log;

/// <summary>Readers of rewritten segments: what it costs, and that going over from the <c>.log</c> blob is not seen.</summary>
public class SegmentReadingTests
{
    private readonly LogFixture _fixture = new();

    [Fact]
    public async Task Fetch_FromARewrittenSegment_CostsItsFooterOnceAndOneRange()
    {
        await PutAsync(segments: 2, batches: 200, valueBytes: 1000);
        await _fixture.Start().RewriteAllAsync(_fixture);
        var cold = _fixture.Start();
        await cold.Log.OffsetsAsync();
        var before = cold.Calls.Snapshot();

        await FetchesAsync(cold, 150);
        var first = cold.Calls.Since(before);
        await FetchesAsync(cold, 20);

        Assert.Equal("ReadRange=2", first.ToString());
        Assert.Equal("ReadRange=2", cold.Calls.Since(before).ToString());
    }

    [Fact]
    public async Task Fetch_ByManyReadersAtOnce_ReadsTheFooterOnce()
    {
        await PutAsync(segments: 2, batches: 50, valueBytes: 1000);
        await _fixture.Start().RewriteAllAsync(_fixture);
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        var script = new FaultScript();
        var cold = _fixture.Start(backend => new FaultyBackend(backend, script));
        await cold.Log.OffsetsAsync();
        script.On(StorageVerb.ReadRange, Fault.Before(() =>
        {
            asked.SetResult();
            return answer.Task;
        }));
        var before = cold.Calls.Snapshot();

        var fetches = Enumerable.Range(0, 20).Select(i => FetchesAsync(cold, i)).ToList();
        await asked.Task;
        answer.SetResult();
        await Task.WhenAll(fetches);

        Assert.Equal("ReadRange=2", cold.Calls.Since(before).ToString());
    }

    [Fact]
    public async Task Fetch_WhenTheFooterIsDamagedOrCutOff_ReadsTheBatchesWithoutIt()
    {
        await PutAsync(segments: 2, batches: 120, valueBytes: 1000);
        var rewriting = _fixture.Start();
        await rewriting.RewriteAllAsync(_fixture);
        var row = (await rewriting.ChainAsync(_fixture)).Sealed[0];
        foreach (var lie in (Func<string, long, BlobRange, BlobRange>[])[LyingBackend.Flip(".segment", row.Bytes + 70), LyingBackend.Cut(".segment", row.Bytes)])
        {
            var cold = _fixture.Start(backend => new LyingBackend(backend) { Lie = lie });

            await FetchesAsync(cold, 110);
            await FetchesAsync(cold, 0);
        }
    }

    [Fact]
    public async Task Fetch_WhenTheFooterIsASoundOneOfAnotherSegment_ReadsTheBatchesWithoutIt()
    {
        await PutAsync(segments: 3, batches: 120, valueBytes: 1000);
        var rewriting = _fixture.Start();
        await rewriting.RewriteAllAsync(_fixture);
        var rows = (await rewriting.ChainAsync(_fixture)).Sealed;
        var other = (await _fixture.Twin.ReadRangeAsync(rows[1].Blob, rows[1].Bytes, rows[1].FooterBytes, default)).Value;
        var cold = _fixture.Start(backend => new LyingBackend(backend)
        {
            Lie = (blob, position, truth) => blob == rows[0].Blob && position == rows[0].Bytes ? other : truth,
        });

        await FetchesAsync(cold, 110);
        await FetchesAsync(cold, 0);
        await FetchesAsync(cold, 130);
    }

    [Fact]
    public async Task Fetch_WhenABatchOfARewrittenSegmentIsDamaged_IsRefusedAndOthersAreRead()
    {
        await PutAsync(segments: 2, batches: 120, valueBytes: 1000);
        await _fixture.Start().RewriteAllAsync(_fixture);
        var cold = _fixture.Start(backend => new LyingBackend(backend) { Lie = LyingBackend.Flip(".segment", 500) });

        var read = await cold.Log.FetchAsync(new FetchRequest(FetchFrom.At(0), 1000, TimeSpan.Zero), "test", default);

        Assert.Equal(Protocol.Errors.ErrorCode.CorruptMessage, read.Refusal?.Code);
        await FetchesAsync(cold, 110);
    }

    [Fact]
    public async Task Fetch_ByAnOldViewWhoseLogBlobHasGone_GoesOnInTheObject()
    {
        await PutAsync(segments: 3, batches: 20, valueBytes: 1000);
        var old = _fixture.Start();
        await FetchesAsync(old, 1);
        var rewriting = _fixture.Start();
        var rows = (await rewriting.ChainAsync(_fixture)).Sealed;
        await rewriting.RewriteAllAsync(_fixture);
        foreach (var row in rows)
            await _fixture.DeleteAsync(row.Blob);

        for (var offset = 0; offset < 60; offset++)
            await FetchesAsync(old, offset);
    }

    [Fact]
    public async Task Fetch_WhenTheLogBlobGoesWhileItIsRead_GoesOnInTheObject()
    {
        await PutAsync(segments: 2, batches: 20, valueBytes: 1000);
        var rewriting = _fixture.Start();
        var source = (await rewriting.ChainAsync(_fixture)).Sealed[0];
        var script = new FaultScript().On(
            call => call.Verb == StorageVerb.ReadRange && call.Target == source.Blob,
            Fault.Before(async () =>
            {
                await rewriting.RewriteAllAsync(_fixture);
                await _fixture.DeleteAsync(source.Blob);
            }));
        var reader = _fixture.Start(backend => new FaultyBackend(backend, script));

        await FetchesAsync(reader, 7);

        Assert.True(script.IsSpent);
    }

    [Fact]
    public async Task Fetch_OfBatchesThatCrossTheEdgesOfWhatIsCached_GivesThemWhole()
    {
        // 300 KiB a batch: every third or fourth lies across the edge of a chunk of 1 MiB.
        await PutAsync(segments: 2, batches: 12, valueBytes: 300 * 1024);
        var whole = await _fixture.Start().ReadAllAsync();
        await _fixture.Start().RewriteAllAsync(_fixture);

        Assert.Equal(whole, await _fixture.Start().ReadAllAsync());
        for (var offset = 0; offset < 12; offset++)
            await FetchesAsync(_fixture.Start(), offset);
    }

    [Fact]
    public async Task Indexes_OfMoreSegmentsThanAreKept_AreReadAgainWhenNeeded()
    {
        const int count = SegmentIndexes.MaxIndexes + 8;
        await PutAsync(segments: count + 1, batches: 3, valueBytes: 50);
        var instance = _fixture.Start();
        await instance.RewriteAllAsync(_fixture);
        var rows = (await instance.ChainAsync(_fixture)).Sealed;
        var indexes = new SegmentIndexes(instance.Context, _fixture.Partition);
        async Task<long> CostAsync(ChainSegmentRow row)
        {
            var before = instance.Calls.Snapshot();
            await indexes.ExtentAsync(row);
            return instance.Calls.Since(before).Total;
        }

        foreach (var row in rows)
            Assert.Equal(1, await CostAsync(row));

        Assert.Equal(0, await CostAsync(rows[^1]));
        Assert.Equal(0, await CostAsync(rows[^SegmentIndexes.MaxIndexes]));
        Assert.Equal(1, await CostAsync(rows[0]));
    }

    [Fact]
    public async Task Indexes_WithManyPoints_AreKeptUpToTheirBound()
    {
        var instance = _fixture.Start();
        var indexes = new SegmentIndexes(instance.Context, _fixture.Partition);
        for (var segment = 0; segment < 3; segment++)
        {
            var index = new OffsetIndex(segment, SegmentHeaderFrame.Size);
            for (var i = 0L; i < (SegmentIndexes.MaxPoints / 2) + 1; i++)
                index.Add(segment + i, SegmentHeaderFrame.Size + (i * 32 * 1024), 32 * 1024, i);
            indexes.Remember(new SegmentExtent($"{segment}.log", segment, segment + 1, index.CoveredPosition, index));
        }

        // A blob whose index has gone begins with an empty one.
        async Task<int> PointsAsync(int segment) =>
            (await indexes.ExtentAsync(new ChainSegmentRow(default, segment, segment + 1, 1_000_000, 0, 0, $"{segment}.log"))).Index.PointCount;
        Assert.Equal((SegmentIndexes.MaxPoints / 2) + 1, await PointsAsync(2));
        Assert.Equal(1, await PointsAsync(0));
    }

    private static async Task FetchesAsync(LogFixture.Instance instance, long offset)
    {
        var read = await instance.Log.FetchAsync(new FetchRequest(FetchFrom.At(offset), 10_000, TimeSpan.Zero), "test", default);
        Assert.False(read.IsRefused, read.Refusal?.ToString());
        RecordBatchHeader.TryRead(read.Value.Batches[0].Span, out var header);
        Assert.InRange(offset, header.BaseOffset, header.LastOffset);
    }

    private async Task PutAsync(int segments, int batches, int valueBytes)
    {
        var random = new Random(5);
        await StoredPartition.PutAsync(
            _fixture, [.. Enumerable.Range(0, segments).Select(_ => Enumerable.Range(0, batches).Select(i => StoredPartition.Batch(random, [1000 + i], valueBytes)).ToList())]);
    }
}
