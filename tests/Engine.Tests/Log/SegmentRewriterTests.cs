using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Log;

public class SegmentRewriterTests
{
    private readonly LogFixture _fixture = new(config: LogFixture.Configured(("linger.ms", "0"), ("segment.bytes", "16384")));

    [Fact]
    public async Task Rewrite_OfASealedSegment_MakesAnObjectOfTheSameBatchesAndNamesIt()
    {
        var one = await FilledAsync();
        var source = (await one.ChainAsync(_fixture)).Sealed[1];

        var result = await one.RewriteAsync(_fixture, source);

        var chain = await one.ChainAsync(_fixture);
        var row = chain.Sealed[1];
        Assert.Equal(RewriteOutcome.Replaced, result.Outcome);
        Assert.Equal(result.Row, row);
        Assert.True(chain.IsContiguous());
        Assert.Equal(source with { Blob = row.Blob, Bytes = source.Bytes - SegmentHeaderFrame.Size, FooterBytes = row.FooterBytes, DeadBlob = source.Blob, DeadBytes = source.BlobBytes }, row);
        Assert.Matches($@"/000000/{source.BaseOffset:D20}-{source.EndOffset:D20}-[0-9a-f]{{32}}\.segment$", row.Blob);
        var content = await WholeAsync(row.Blob);
        var log = await WholeAsync(source.Blob);
        Assert.Equal(log[SegmentHeaderFrame.Size..(int)source.Bytes], content[..(int)row.Bytes]);
        Assert.True(SegmentFooter.TryReadTrailer(content, out var footerBytes));
        Assert.Equal((row.FooterBytes, content.Length), (footerBytes, (int)row.Bytes + footerBytes));
        Assert.True(SegmentFooter.TryDecode(content.AsMemory((int)row.Bytes), out var footer));
        Assert.Equal(
            new SegmentSummary(
                _fixture.Partition, source.Segment, source.BaseOffset, source.EndOffset, row.Bytes, source.MaxTimestamp, source.LeaderEpoch, 6, 6, Crc32C.Compute(content.AsSpan(0, (int)row.Bytes))),
            footer.Summary);
        Assert.True(footer.AbortedTransactions.IsEmpty);
    }

    [Fact]
    public async Task Rewrite_OfEverySegment_LeavesEveryOffsetWhatItWas()
    {
        var one = await FilledAsync();
        var before = await one.ReadAllAsync();

        await one.RewriteAllAsync(_fixture);

        var cold = _fixture.Start();
        Assert.Equal(before, await one.ReadAllAsync());
        foreach (var (offset, value) in before)
            Assert.Equal((offset, value), (await cold.ReadAllAsync(offset))[0]);
        Assert.Equal(before.Count, await cold.AppendAsync("after"));
    }

    [Fact]
    public async Task Rewrite_OfASegmentWithProducersBeforeIt_KeepsTheirStateInTheFooter()
    {
        var one = _fixture.Start();
        for (var sequence = 0; sequence < 8; sequence++)
        {
            var batch = LogFixture.Batch(new string('x', 3000));
            RecordBatchPatch.SetIdentity(batch.Span, new BatchIdentity(new ProducerIdentity(77, 0), sequence));
            RecordBatchPatch.SealCrc(batch.Span);
            Assert.False((await one.Log.AppendAsync(new AppendRequest([batch]), "test", default)).IsRefused);
        }

        for (var i = 0; i < 8; i++)
            await one.AppendAsync(new string('y', 3000));
        var source = (await one.ChainAsync(_fixture)).Sealed[1];
        Assert.NotNull(source.ProducersBlob);

        var row = (await one.RewriteAsync(_fixture, source)).Row!;

        Assert.True(SegmentFooter.TryDecode((await WholeAsync(row.Blob)).AsMemory((int)row.Bytes), out var footer));
        Assert.Equal(await WholeAsync(source.ProducersBlob), footer.Producers.ToArray());
        Assert.Equal(source.ProducersBlob, row.ProducersBlob);
    }

    [Theory]
    [InlineData(StorageVerb.StageBlock)]
    [InlineData(StorageVerb.CommitBlocks)]
    [InlineData(StorageVerb.CommitRows)]
    public async Task Rewrite_ByTwoAtOnce_IsDoneByOneAndLeavesTheOthersObjectAsAnOrphan(StorageVerb overtakenAt)
    {
        var one = await FilledAsync();
        var before = await one.ReadAllAsync();
        var source = (await one.ChainAsync(_fixture)).Sealed[0];
        RewriteResult? faster = null;
        var slow = _fixture.Start(backend => new FaultyBackend(
            backend, new FaultScript().On(overtakenAt, Fault.Before(async () => faster = await one.RewriteAsync(_fixture, source)))));

        var slower = await slow.RewriteAsync(_fixture, source);

        Assert.Equal((RewriteOutcome.Replaced, RewriteOutcome.Overtaken), (faster!.Outcome, slower.Outcome));
        Assert.Equal(faster.Row, (await one.ChainAsync(_fixture)).Sealed[0]);
        Assert.Equal(2, (await BlobsAsync(".segment")).Count);
        Assert.Contains(source.Blob, await BlobsAsync(".log"));
        Assert.Equal(before, await _fixture.Start().ReadAllAsync());
        Assert.Equal(RewriteOutcome.Overtaken, (await slow.RewriteAsync(_fixture, source)).Outcome);
        Assert.Equal(RewriteOutcome.Overtaken, (await slow.RewriteAsync(_fixture, faster.Row!)).Outcome);
    }

    [Fact]
    public async Task Rewrite_ByManyAtOnceWithReadersAndAppends_DisturbsNobody()
    {
        var one = await FilledAsync();
        var before = await one.ReadAllAsync();
        var rows = (await one.ChainAsync(_fixture)).Sealed;

        var rewrites = rows.SelectMany(row => Enumerable.Range(0, 3).Select(_ => Task.Run(() => _fixture.Start().RewriteAsync(_fixture, row)))).ToList();
        var reads = Enumerable.Range(0, 6).Select(_ => Task.Run(() => _fixture.Start().ReadAllAsync())).ToList();
        var appends = Task.Run(async () =>
        {
            for (var i = 0; i < 20; i++)
                await one.AppendAsync(new string('z', 3000) + i);
        });

        var outcomes = (await Task.WhenAll(rewrites)).Select(result => result.Outcome).ToList();
        await appends;
        foreach (var read in await Task.WhenAll(reads))
            Assert.Equal(before, read.Take(before.Count));
        Assert.Equal(rows.Count, outcomes.Count(outcome => outcome == RewriteOutcome.Replaced));
        Assert.Equal(rows.Count * 2, outcomes.Count(outcome => outcome == RewriteOutcome.Overtaken));
        Assert.Equal(before.Count + 20, (await _fixture.Start().ReadAllAsync()).Count);
    }

    [Fact]
    public async Task Rewrite_WhenTheHeadMovesForAnotherReason_TakesItsPlaceAllTheSame()
    {
        var one = await FilledAsync();
        var source = (await one.ChainAsync(_fixture)).Sealed[0];
        var rolled = new FaultScript().On(StorageVerb.CommitRows, Fault.Before(async () => await RollAsync(one)));
        var rewriting = _fixture.Start(backend => new FaultyBackend(backend, rolled));

        var result = await rewriting.RewriteAsync(_fixture, source);

        var chain = await one.ChainAsync(_fixture);
        Assert.True(rolled.IsSpent);
        Assert.Equal(RewriteOutcome.Replaced, result.Outcome);
        Assert.Equal((4, result.Row), (chain.Sealed.Count, chain.Sealed[0]));
        Assert.Equal(2, rewriting.Calls.Snapshot()[StorageVerb.CommitRows]);
    }

    [Theory]
    [InlineData(1)] // the head touched before the seal
    [InlineData(2)] // the chain
    public async Task Roll_WhenARewriteMovesTheHeadMeanwhile_GoesOn(int commit)
    {
        var filling = await FilledAsync();
        var before = await filling.ReadAllAsync();
        var script = new FaultScript().On(StorageVerb.CommitRows, Fault.Before(() => filling.RewriteAllAsync(_fixture)), commit);
        var rolling = _fixture.Start(backend => new FaultyBackend(backend, script));

        for (var i = 0; i < 8; i++)
            Assert.Equal(before.Count + i, await rolling.AppendAsync(new string('z', 3000) + i));

        var chain = await rolling.ChainAsync(_fixture);
        Assert.True(script.IsSpent);
        Assert.Equal([true, true, true, false], chain.Sealed.Select(row => row.IsRewritten));
        Assert.Equal(before, (await _fixture.Start().ReadAllAsync()).Take(before.Count));
    }

    [Fact]
    public async Task Rewrite_WhenTheTopicIsDeleted_IsOvertaken()
    {
        var one = await FilledAsync();
        var source = (await one.ChainAsync(_fixture)).Sealed[0];
        var script = new FaultScript().On(StorageVerb.CommitRows, Fault.Before(async () =>
        {
            var chain = await one.ChainAsync(_fixture);
            var store = new ChainStore(one.Context, _fixture.Partition);
            Assert.NotNull(await store.ReplaceHeadAsync(chain, chain.Head with { State = PartitionState.Deleting }, null));
        }));

        var result = await _fixture.Start(backend => new FaultyBackend(backend, script)).RewriteAsync(_fixture, source);

        Assert.Equal(RewriteOutcome.Overtaken, result.Outcome);
    }

    [Fact]
    public async Task Rewrite_WhenTheSourceHasGoneBecauseAnotherWasFaster_IsOvertaken()
    {
        var one = await FilledAsync();
        var source = (await one.ChainAsync(_fixture)).Sealed[0];
        var script = new FaultScript().On(StorageVerb.ReadRange, Fault.Before(async () =>
        {
            await one.RewriteAsync(_fixture, source);
            await _fixture.DeleteAsync(source.Blob);
        }));

        var result = await _fixture.Start(backend => new FaultyBackend(backend, script)).RewriteAsync(_fixture, source);

        Assert.Equal(RewriteOutcome.Overtaken, result.Outcome);
    }

    [Fact]
    public async Task Rewrite_OfASourceThatIsLost_SaysSo()
    {
        var one = await FilledAsync();
        var source = (await one.ChainAsync(_fixture)).Sealed[0];
        await _fixture.DeleteAsync(source.Blob);

        var result = await one.RewriteAsync(_fixture, source);

        Assert.Equal(RewriteOutcome.SourceDamaged, result.Outcome);
        Assert.Contains(source.Blob, result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rewrite_OfASourceThatIsCorruptAnywhere_ReplacesNothing()
    {
        var one = await FilledAsync();
        var source = (await one.ChainAsync(_fixture)).Sealed[0];
        RecordBatchHeader.TryRead((await WholeAsync(source.Blob)).AsSpan(SegmentHeaderFrame.Size), out var first);
        foreach (var at in (long[])[0, 50, 99, 100, 107, 110, 125, 170, 99 + first.SizeInBytes, 100 + first.SizeInBytes, source.Bytes - 1])
            await RefusesAsync(source, LyingBackend.Flip(".log", at), one);
    }

    [Fact]
    public async Task Rewrite_OfASourceThatIsShort_ReplacesNothing()
    {
        var one = await FilledAsync();
        var source = (await one.ChainAsync(_fixture)).Sealed[0];
        RecordBatchHeader.TryRead((await WholeAsync(source.Blob)).AsSpan(SegmentHeaderFrame.Size), out var first);
        foreach (var at in (long[])[0, 99, 100, 130, 100 + first.SizeInBytes, source.Bytes - 1])
            await RefusesAsync(source, LyingBackend.Cut(".log", at), one);
    }

    [Theory]
    [InlineData(3, 0)] // the chain ends it between two batches; what is behind is dead
    [InlineData(3, -1)] // within the last batch by its position
    [InlineData(4, 0)] // one offset more than its bytes have
    public async Task Rewrite_OfASourceThatIsLongerThanTheChainSays_TakesWhatTheChainCounts(int endOffset, int moved)
    {
        var random = new Random(3);
        List<Memory<byte>> counted = [.. Enumerable.Range(0, 3).Select(i => StoredPartition.Batch(random, [i], 100))];
        List<Memory<byte>> divergent = [.. Enumerable.Range(0, 2).Select(i => StoredPartition.Batch(random, [50 + i], 100))];
        var whole = await StoredPartition.PutLogAsync(_fixture, new SegmentId(new Guid(9, 0, 0, new byte[8])), 0, SegmentId.None, [.. counted, .. divergent]);
        var source = whole with { EndOffset = endOffset, Bytes = SegmentHeaderFrame.Size + counted.Sum(batch => batch.Length) + moved, MaxTimestamp = 2 };
        var active = new SegmentId(new Guid(10, 0, 0, new byte[8]));
        await StoredPartition.PutLogAsync(_fixture, active, endOffset, whole.Segment, []);
        var head = new PartitionHeadRow(PartitionState.Open, 0, 0, [0], [0], new ActiveSegmentRef(active, endOffset, 0), 0);
        Assert.True((await _fixture.Twin.CommitRowsAsync(
            StorageLayout.PartitionsTable,
            new RowBatch(StorageLayout.PartitionKey(_fixture.Partition)).Insert(StorageLayout.HeadRowKey, head.Encode()).Insert(StorageLayout.SegmentRowKey(0), source.Encode()),
            default)).IsDone);

        var result = await _fixture.Start().RewriteAsync(_fixture, source);

        if (endOffset == 3 && moved == 0)
        {
            Assert.Equal(RewriteOutcome.Replaced, result.Outcome);
            Assert.Equal(2, result.Row!.MaxTimestamp);
            Assert.Equal(counted.SelectMany(batch => batch.ToArray()), (await WholeAsync(result.Row.Blob)).Take((int)result.Row.Bytes));
            Assert.Equal([0, 1, 2], (await _fixture.Start().ReadAllAsync()).Select(record => record.Offset));
        }
        else
        {
            Assert.Equal(RewriteOutcome.SourceDamaged, result.Outcome);
            Assert.Empty(await BlobsAsync(".segment"));
        }
    }

    [Fact]
    public async Task Rewrite_WhenTheObjectReadsBackOtherwise_ReplacesNothing()
    {
        var one = await FilledAsync();
        var source = (await one.ChainAsync(_fixture)).Sealed[0];
        foreach (var lie in (Func<string, long, BlobRange, BlobRange>[])[LyingBackend.Flip(".segment", 5), LyingBackend.Flip(".segment", source.Bytes), LyingBackend.Cut(".segment", 5000)])
        {
            var result = await Lying(lie).RewriteAsync(_fixture, source);

            Assert.Equal(RewriteOutcome.CopyDamaged, result.Outcome);
            Assert.Equal(source, (await one.ChainAsync(_fixture)).Sealed[0]);
        }

        Assert.Equal(RewriteOutcome.Replaced, (await one.RewriteAsync(_fixture, source)).Outcome);
    }

    [Theory]
    [InlineData(8 * 1024)]
    [InlineData(6 * 1024 * 1024)] // a batch is larger than a range
    public async Task Rewrite_OfALargeSegment_TakesMemoryForItsIndexAndNothingElse(int batchBytes)
    {
        const long size = 96L * 1024 * 1024;
        var segment = new SegmentId(new Guid(1, 0, 0, new byte[8]));
        var active = new SegmentId(new Guid(2, 0, 0, new byte[8]));
        var batch = StoredPartition.Batch(new Random(4), [5], batchBytes).ToArray();
        var count = size / batch.Length;
        var source = new ChainSegmentRow(segment, 0, count, SegmentHeaderFrame.Size + (count * batch.Length), 5, 0, StorageLayout.LogBlob(_fixture.Partition, 0, segment));
        var head = new PartitionHeadRow(PartitionState.Open, 0, 0, [0], [0], new ActiveSegmentRef(active, count, 0), 0);
        Assert.True((await _fixture.Twin.CommitRowsAsync(
            StorageLayout.PartitionsTable,
            new RowBatch(StorageLayout.PartitionKey(_fixture.Partition)).Insert(StorageLayout.HeadRowKey, head.Encode()).Insert(StorageLayout.SegmentRowKey(0), source.Encode()),
            default)).IsDone);
        EndlessSegment? endless = null;
        var instance = _fixture.Start(backend => endless = new EndlessSegment(
            backend, source, new SegmentHeaderFrame(_fixture.Partition, segment, 0, 0, SegmentId.None, 0).ToArray(), batch));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var rewriting = instance.RewriteAsync(_fixture, source);

        // Nothing here waits, so all of it ran on this thread.
        Assert.True(rewriting.IsCompleted);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(RewriteOutcome.Replaced, (await rewriting).Outcome);
        Assert.Equal(SegmentObjectWriter.BlockBytes, endless!.LargestRange);
        Assert.InRange(endless.LargestBlock, 1, SegmentObjectWriter.BlockBytes);

        // The index has 24 bytes for each 32 KiB and is encoded twice, once for itself and once in the footer; a list grows by doubling.
        Assert.InRange(allocated, 0, (6 * 24 * size / (32 * 1024)) + (128 * 1024));
    }

    /// <summary>R5 matters: without the check, a source that reads short takes the place of one that is whole.</summary>
    [Fact]
    public async Task Rewrite_WithoutCheckingItsSource_LosesRecords()
    {
        var one = await FilledAsync();
        var source = (await one.ChainAsync(_fixture)).Sealed[0];
        var careless = _fixture.Start(
            backend => new LyingBackend(backend) { Lie = LyingBackend.Cut(".log", source.Bytes / 2) }, ProtocolRules.All with { CheckRewrites = false });

        Assert.Equal(RewriteOutcome.Replaced, (await careless.RewriteAsync(_fixture, source)).Outcome);

        var read = await _fixture.Start().Log.FetchAsync(new FetchRequest(FetchFrom.At(source.EndOffset - 1), 1000, TimeSpan.Zero), "test", default);
        Assert.Equal(ErrorCode.CorruptMessage, read.Refusal?.Code);
    }

    /// <summary>R1 matters: a chain that changes without its head cannot be told from one that stayed, and readers of the dead blob are lost.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Rewrite_WithOrWithoutReplacingTheHead_LetsOldReadersGoOnOrNot(bool replaceHead)
    {
        var filling = await FilledAsync();
        var reader = _fixture.Start();
        await reader.Log.OffsetsAsync();
        var source = (await filling.ChainAsync(_fixture)).Sealed[0];
        var rewriting = _fixture.Start(rules: ProtocolRules.All with { ReplaceHeadWithChain = replaceHead });

        Assert.Equal(RewriteOutcome.Replaced, (await rewriting.RewriteAsync(_fixture, source)).Outcome);
        await _fixture.DeleteAsync(source.Blob);

        var read = await reader.Log.FetchAsync(new FetchRequest(FetchFrom.At(0), 1000, TimeSpan.Zero), "test", default);
        Assert.Equal(replaceHead ? null : ErrorCode.KafkaStorageError, read.Refusal?.Code);
    }

    private static async Task RollAsync(LogFixture.Instance instance)
    {
        for (var i = 0; i < 6; i++)
            await instance.AppendAsync(new string('r', 3000) + i);
    }

    /// <summary>Three sealed segments of six records, and two records in the active one.</summary>
    private async Task<LogFixture.Instance> FilledAsync()
    {
        var instance = _fixture.Start();
        for (var i = 0; i < 20; i++)
            await instance.AppendAsync(new string('x', 3000) + i);
        Assert.Equal(3, (await instance.ChainAsync(_fixture)).Sealed.Count);
        return instance;
    }

    private LogFixture.Instance Lying(Func<string, long, BlobRange, BlobRange> lie) => _fixture.Start(backend => new LyingBackend(backend) { Lie = lie });

    private async Task RefusesAsync(ChainSegmentRow source, Func<string, long, BlobRange, BlobRange> lie, LogFixture.Instance observer)
    {
        var lying = Lying(lie);

        var result = await lying.RewriteAsync(_fixture, source);

        Assert.Equal(RewriteOutcome.SourceDamaged, result.Outcome);
        Assert.Equal(source, (await observer.ChainAsync(_fixture)).Sealed[0]);
        Assert.Equal(0, lying.Calls.Snapshot()[StorageVerb.CommitBlocks]);
    }

    private async Task<byte[]> WholeAsync(string blob) => (await _fixture.Twin.ReadRangeAsync(blob, 0, int.MaxValue, default)).Value.Content.ToArray();

    private async Task<List<string>> BlobsAsync(string suffix) =>
        [.. (await _fixture.Twin.ListBlobsAsync("", null, 1000, default)).Value.Blobs.Select(blob => blob.Name).Where(name => name.EndsWith(suffix, StringComparison.Ordinal))];
}
