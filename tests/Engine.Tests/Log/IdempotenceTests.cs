using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Log;

public class IdempotenceTests
{
    private readonly LogFixture _fixture = new();

    private static Memory<byte> Batch(int sequence, short epoch, params string[] values)
    {
        var batch = LogFixture.Batch(values);
        RecordBatchPatch.SetIdentity(batch.Span, new BatchIdentity(new ProducerIdentity(7, epoch), sequence));
        RecordBatchPatch.SealCrc(batch.Span);
        return batch;
    }

    private static async Task<Result<AppendResult>> SendAsync(LogFixture.Instance instance, params Memory<byte>[] batches) =>
        await instance.Log.AppendAsync(new AppendRequest(batches), "test", default);

    private static async Task<long> OffsetAsync(LogFixture.Instance instance, int sequence, params string[] values)
    {
        var result = await SendAsync(instance, Batch(sequence, 0, values));
        Assert.False(result.IsRefused, result.Refusal?.ToString());
        return result.Value.Batches[0].BaseOffset;
    }

    [Fact]
    public async Task Retry_ToTheSameOrAnotherInstance_AnswersTheOriginalOffset()
    {
        var one = _fixture.Start();
        var other = _fixture.Start();
        Assert.Equal(0, await OffsetAsync(one, 0, "a", "b"));
        Assert.Equal(2, await OffsetAsync(other, 2, "c"));

        Assert.Equal(0, await OffsetAsync(one, 0, "a", "b"));
        Assert.Equal(0, await OffsetAsync(_fixture.Start(), 0, "a", "b"));
        Assert.Equal(2, await OffsetAsync(one, 2, "c"));

        Assert.Equal(3, (await _fixture.Start().ReadAllAsync()).Count);
    }

    [Fact]
    public async Task Append_ToAnInstanceThatHasNotSeenTheBatchesBefore_FollowsOnThem()
    {
        var one = _fixture.Start();
        var other = _fixture.Start();
        Assert.Equal(0, await OffsetAsync(one, 0, "a"));
        Assert.Equal(1, await OffsetAsync(other, 1, "b"));

        Assert.Equal(2, await OffsetAsync(one, 2, "c"));
        Assert.Equal(3, await OffsetAsync(other, 3, "d"));
    }

    [Fact]
    public async Task Retry_AfterARollAndOnAColdInstance_AnswersTheOriginalOffset()
    {
        _fixture.Config = LogFixture.Configured(("linger.ms", "0"), ("segment.bytes", "16384"));
        var one = _fixture.Start();
        Assert.Equal(0, await OffsetAsync(one, 0, "first"));
        for (var i = 0; i < 20; i++)
            await one.AppendAsync(new string('x', 3000));

        Assert.Equal(0, await OffsetAsync(one, 0, "first"));
        Assert.Equal(0, await OffsetAsync(_fixture.Start(), 0, "first"));
        Assert.Equal(21, await OffsetAsync(_fixture.Start(), 1, "second"));
    }

    /// <summary>
    /// Found by the simulation (seed 1071): an instance that was slow to open a segment stopped the partition for good, because others had rolled and retention had
    /// taken that segment meanwhile.
    /// </summary>
    [Fact]
    public async Task Open_OfASegmentThatIsRemovedMeanwhile_GoesOnWithTheNextOne()
    {
        var (one, snapshot) = await RolledAsync();
        var faults = new FaultScript().On(
            call => call.Verb == StorageVerb.ReadRange && call.Target == snapshot,
            Fault.Before(async () =>
            {
                for (var i = 0; i < 6; i++)
                    await one.AppendAsync(new string('y', 3000));
                await _fixture.DeleteAsync(snapshot);
            }));
        var slow = _fixture.Start(backend => new FaultyBackend(backend, faults));

        Assert.Equal(14, await OffsetAsync(slow, 1, "second"));

        Assert.True(faults.IsSpent);
    }

    [Fact]
    public async Task Open_OfASegmentWhoseProducersAreLost_StopsThePartition()
    {
        var (_, snapshot) = await RolledAsync();
        await _fixture.DeleteAsync(snapshot);

        var refused = await _fixture.Start().Log.OffsetsAsync();

        Assert.Equal(ErrorCode.KafkaStorageError, refused.Refusal?.Code);
        Assert.Contains($"{snapshot}, the producer state at offset 7", refused.Refusal!.Message, StringComparison.Ordinal);
    }

    /// <summary>A producer's batch and six more in a sealed segment, one in the active one; and the snapshot at its base.</summary>
    private async Task<(LogFixture.Instance Instance, string Snapshot)> RolledAsync()
    {
        _fixture.Config = LogFixture.Configured(("linger.ms", "0"), ("segment.bytes", "16384"));
        var one = _fixture.Start();
        Assert.Equal(0, await OffsetAsync(one, 0, "first"));
        for (var i = 0; i < 7; i++)
            await one.AppendAsync(new string('x', 3000));
        return (one, (await one.ChainAsync(_fixture)).Head.Active.ProducersBlob!);
    }

    [Fact]
    public async Task Append_OfAGapOrAnOldEpoch_IsRefusedAndNothingStands()
    {
        var one = _fixture.Start();
        await SendAsync(one, Batch(0, 1, "a"));

        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, (await SendAsync(one, Batch(2, 1, "c"))).Refusal?.Code);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, (await SendAsync(one, Batch(1, 0, "b"))).Refusal?.Code);

        Assert.Single(await _fixture.Start().ReadAllAsync());
    }

    [Fact]
    public async Task Append_OfAnUnknownProducersLaterBatch_IsRefused() =>
        Assert.Equal(ErrorCode.UnknownProducerId, (await SendAsync(_fixture.Start(), Batch(4, 0, "a"))).Refusal?.Code);

    [Fact]
    public async Task Append_OfTheSameBatchManyTimesAtOnce_StandsOnceAndAllLearnItsOffset()
    {
        _fixture.Config = LogFixture.Configured(("linger.ms", "50"));
        var one = _fixture.Start();
        await one.AppendAsync("warm");

        var offsets = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => OffsetAsync(one, 0, "a")));

        Assert.All(offsets, offset => Assert.Equal(1, offset));
        Assert.Equal(2, (await _fixture.Start().ReadAllAsync()).Count);
    }

    [Fact]
    public async Task Append_OfFollowingBatchesInOneBlock_KeepsTheirOrder()
    {
        _fixture.Config = LogFixture.Configured(("linger.ms", "50"));
        var one = _fixture.Start();
        await one.AppendAsync("warm");

        var offsets = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => OffsetAsync(one, i, "v" + i)));

        Assert.Equal(Enumerable.Range(1, 20).Select(i => (long)i), offsets);
    }

    [Fact]
    public async Task Append_OfARequestWhoseFirstBatchStandsAlready_AppendsOnlyTheRest()
    {
        var one = _fixture.Start();
        await OffsetAsync(one, 0, "a");

        var result = await SendAsync(one, Batch(0, 0, "a"), Batch(1, 0, "b"));

        Assert.Equal([0L, 1L], result.Value.Batches.Select(batch => batch.BaseOffset));
        Assert.Equal(2, (await one.ReadAllAsync()).Count);
    }

    [Fact]
    public async Task Retry_ToAnotherInstanceWhileTheFirstTryIsStillUnderWay_StandsOnce()
    {
        var landing = new TaskCompletionSource();
        var script = new FaultScript().On(StorageVerb.Append, Fault.LateUntil(landing.Task), 1);
        FaultyBackend? faulty = null;
        await _fixture.Start().AppendAsync("warm");
        var one = _fixture.Start(backend => faulty = new FaultyBackend(backend, script));
        var other = _fixture.Start();

        var first = OffsetAsync(one, 0, "a");
        var second = await OffsetAsync(other, 0, "a");
        landing.SetResult();
        await faulty!.LandedAsync();

        Assert.Equal(1, second);
        Assert.Equal(1, await first);
        Assert.Equal(2, (await _fixture.Start().ReadAllAsync()).Count);
    }

    [Fact]
    public async Task Append_OfAsManyBatchesAsAreRemembered_IsRecognisedWhenItIsSentAgain_AndOneMoreIsRefused()
    {
        var one = _fixture.Start();
        Memory<byte>[] Batches(int count) => [.. Enumerable.Range(0, count).Select(i => Batch(i, 0, "v" + i))];

        Assert.Equal(ErrorCode.InvalidRecord, (await SendAsync(one, Batches(6))).Refusal?.Code);
        Assert.Empty(await one.ReadAllAsync());

        var first = await SendAsync(one, Batches(5));
        var again = await SendAsync(_fixture.Start(), Batches(5));
        Assert.Equal([0L, 1L, 2L, 3L, 4L], first.Value.Batches.Select(batch => batch.BaseOffset));
        Assert.Equal(first.Value.Batches, again.Value.Batches);
        Assert.Equal(5, (await one.ReadAllAsync()).Count);
    }

    [Fact]
    public async Task Append_OfManyBatchesWithoutAProducer_IsTaken()
    {
        var one = _fixture.Start();
        var sent = await SendAsync(one, [.. Enumerable.Range(0, 9).Select(i => LogFixture.Batch("v" + i))]);
        Assert.False(sent.IsRefused, sent.Refusal?.ToString());
    }

    [Fact]
    public async Task Append_WithAProducerAndLessThanAllAcks_IsRefused()
    {
        var result = await _fixture.Start().Log.AppendAsync(new AppendRequest([Batch(0, 0, "a")], Acks.Leader), "test", default);
        Assert.Equal(ErrorCode.InvalidRecord, result.Refusal?.Code);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(10_000)]
    [InlineData(40_000)]
    public async Task Open_OfALongSegment_CostsTheSameWhateverStandsInIt(int appends)
    {
        _fixture.Options.CheckpointBlocks = 100;
        var one = _fixture.Start();
        for (var i = 0; i < appends; i++)
            await one.AppendAsync("v");
        await OffsetAsync(one, 0, "idempotent");

        var cold = _fixture.Start();
        Assert.Equal(appends, await OffsetAsync(cold, 0, "idempotent"));

        Assert.InRange(cold.Calls.Snapshot().Total, 3, 5);
        Assert.InRange(cold.Calls.Calls.Where(call => call.Verb == StorageVerb.ReadRange && call.Target.EndsWith(".log", StringComparison.Ordinal)).Sum(call => call.Bytes), 0, 128 * 1024);
    }
}
