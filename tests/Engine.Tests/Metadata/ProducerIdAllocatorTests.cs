using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;
using ManagedLog.Simulation.Scheduling;
using static ManagedLog.Engine.Tests.Metadata.MetadataFixture;

namespace ManagedLog.Engine.Tests.Metadata;

public sealed class ProducerIdAllocatorTests
{
    [Fact]
    public void Ids_WhenTakenByOneInstance_CountUpAndCostTwoOperationsABlock() => Run(async fixture =>
    {
        var ids = Allocator(fixture, fixture.Backend);

        for (var expected = 0L; expected < 2 * ProducerIdAllocator.BlockSize; expected++)
            Assert.Equal(expected, Accepted(await ids.NextAsync(default)));

        Assert.Equal("ReadRow=2 CommitRows=2", fixture.Calls.Snapshot().ToString());
    });

    [Fact]
    public void Ids_WhenTheInstanceStartsAgain_BeginAfterItsBlock() => Run(async fixture =>
    {
        Assert.Equal(0, Accepted(await Allocator(fixture, fixture.Backend).NextAsync(default)));

        Assert.Equal(ProducerIdAllocator.BlockSize, Accepted(await Allocator(fixture, fixture.Backend).NextAsync(default)));
    });

    [Fact]
    public void Ids_WhenManyAskAtOnce_ShareOneBlock() => Run(async fixture =>
    {
        var ids = Allocator(fixture, fixture.Backend);

        var taken = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => ids.NextAsync(default).AsTask()));

        Assert.Equal(Enumerable.Range(0, 300).Select(id => (long)id), taken.Select(Accepted).Order());
        Assert.Equal("ReadRow=1 CommitRows=1", fixture.Calls.Snapshot().ToString());
    });

    [Fact]
    public void Ids_WhenABlocksReplyIsLost_SkipThatBlock() => Run(async fixture =>
    {
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LostReply);

        Assert.Equal(ProducerIdAllocator.BlockSize, Accepted(await Allocator(fixture, fixture.Backend).NextAsync(default)));
        Assert.Equal(2 * ProducerIdAllocator.BlockSize, Accepted(await Allocator(fixture, fixture.Backend).NextAsync(default)));
    });

    [Fact]
    public void Ids_WhenStorageStaysBusy_AreRefusedAndMayBeAskedForAgain() => Run(async fixture =>
    {
        var ids = Allocator(fixture, fixture.Backend);
        fixture.Faults.On(StorageVerb.CommitRows, Fault.Throttled, times: WriteTries.MaxFailures);

        Refused(ErrorCode.KafkaStorageError, await ids.NextAsync(default));

        Accepted(await ids.NextAsync(default));
    });

    [Fact]
    public void Ids_WhenTheRowCannotBeRead_ThrowForEachCallerAndComeBackOnceItCan() => Run(async fixture =>
    {
        var ids = Allocator(fixture, fixture.Backend);
        await SetFormatAsync(2);
        await Assert.ThrowsAsync<InvalidDataException>(() => ids.NextAsync(default).AsTask());
        await Assert.ThrowsAsync<InvalidDataException>(() => ids.NextAsync(default).AsTask());
        await SetFormatAsync(1);

        Assert.Equal(5_000, Accepted(await ids.NextAsync(default)));

        async Task SetFormatAsync(int format)
        {
            var row = new Engine.Metadata.Rows.ProducerIdsRow(5_000).Encode();
            row["Format"] = format;
            var present = await fixture.Twin.ReadRowAsync("cluster", new RowAddress("cluster", "producer-ids"), default);
            var batch = new RowBatch("cluster");
            batch = present.IsDone ? batch.Replace("producer-ids", row, null) : batch.Insert("producer-ids", row);
            Assert.True((await fixture.Twin.CommitRowsAsync("cluster", batch, default)).IsDone);
        }
    });

    [Fact]
    public void Ids_WhenACallerIsCancelled_AreStillTakenForTheOthers() => Run(async fixture =>
    {
        var ids = Allocator(fixture, fixture.Backend);
        var answer = new TaskCompletionSource();
        fixture.Faults.On(StorageVerb.ReadRow, Fault.Before(() => answer.Task));
        using var source = new CancellationTokenSource();
        var first = ids.NextAsync(source.Token).AsTask();
        var second = ids.NextAsync(default).AsTask();

        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answer.SetResult();

        Assert.Equal(0, Accepted(await second));
    });

    /// <summary>Four instances whose reads and writes get lost, throttled and land late, as the seed has it, that die and start again: no id is ever seen twice.</summary>
    [Theory]
    [InlineData(1, 40)]
    [InlineData(1001, 40)]
    [InlineData(2001, 40)]
    public void Ids_WhateverHappensToTheCalls_AreNeverGivenTwice(int firstSeed, int seeds)
    {
        for (var seed = firstSeed; seed < firstSeed + seeds; seed++)
        {
            Run(
                async fixture =>
                {
                    var taken = new List<long>();
                    var random = new SeededRandom((ulong)seed);
                    var instances = Enumerable.Range(0, 4).Select(_ => TakeAsync(random.Fork(), taken)).ToList();
                    await Task.WhenAll(instances);

                    Assert.Equal(taken.Count, taken.Distinct().Count());
                    Assert.True(taken.Count > 4, "Nothing was taken.");

                    async Task TakeAsync(SeededRandom mine, List<long> all)
                    {
                        for (var life = 0; life < 5; life++)
                        {
                            var network = new FaultyBackend(fixture.Twin, new RandomFaults(mine.Fork()), fixture.Time);
                            var ids = Allocator(fixture, new RetryingBackend(network, fixture.Time, fixture.Entropy()));
                            for (var i = 0; i < ProducerIdAllocator.BlockSize + 10; i += 1 + mine.Below(40))
                            {
                                var burst = await Task.WhenAll(Enumerable.Range(0, 1 + mine.Below(80)).Select(_ => ids.NextAsync(default).AsTask()));
                                all.AddRange(burst.Where(id => !id.IsRefused).Select(id => id.Value));
                            }
                        }
                    }
                },
                (ulong)seed);
        }
    }

    private static ProducerIdAllocator Allocator(MetadataFixture fixture, IStorageBackend backend) => new(backend, fixture.Time, fixture.Entropy());

    private sealed class RandomFaults(SeededRandom random) : IFaultSource
    {
        public CallPlan Plan(StorageCall call)
        {
            var fault = random.Below(10) switch
            {
                0 => Fault.LostRequest,
                1 => Fault.LostReply,
                2 => Fault.Throttled,
                3 => Fault.Late(random.LogBetween(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(2))),
                _ => Fault.None,
            };
            return new CallPlan(fault, random.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(20)), random.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(20)));
        }
    }
}
