using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Tests.Log;

public class PartitionLogTests
{
    [Fact]
    public async Task Append_ThenFetchOnAnotherInstance_GivesTheRecordsInOrder()
    {
        var fixture = new LogFixture();
        var one = fixture.Start();
        var other = fixture.Start();

        Assert.Equal(0, await one.AppendAsync("a", "b"));
        Assert.Equal(2, await other.AppendAsync("c"));
        Assert.Equal(3, await one.AppendAsync("d"));

        Assert.Equal([(0, "a"), (1, "b"), (2, "c"), (3, "d")], await other.ReadAllAsync());
        Assert.Equal([(0, "a"), (1, "b"), (2, "c"), (3, "d")], await fixture.Start().ReadAllAsync());
        Assert.Equal([(2, "c"), (3, "d")], await one.ReadAllAsync(from: 2));
    }

    [Fact]
    public async Task Fetch_OfANeverWrittenPartition_IsEmptyAndCreatesNothing()
    {
        var fixture = new LogFixture();
        var one = fixture.Start();

        Assert.Empty(await one.ReadAllAsync());

        Assert.Equal(0, one.Calls.Snapshot()[StorageVerb.CreateAppendBlob]);
        Assert.Equal(0, one.Calls.Snapshot()[StorageVerb.CommitRows]);
    }

    [Fact]
    public async Task Fetch_BeyondTheEnd_IsRefusedNamingTheValidRange()
    {
        var fixture = new LogFixture();
        var one = fixture.Start();
        await one.AppendAsync("a", "b");

        var result = await one.Log.FetchAsync(new FetchRequest(FetchFrom.At(3), 1000, TimeSpan.Zero), "test", default);

        Assert.Equal(ErrorCode.OffsetOutOfRange, result.Refusal?.Code);
        Assert.Contains("0 to 2", result.Refusal!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_BeyondWhatThisInstanceKnows_LooksAgainBeforeItRefuses()
    {
        var fixture = new LogFixture();
        var one = fixture.Start();
        var other = fixture.Start();
        await one.AppendAsync("a");
        await one.ReadAllAsync();
        await other.AppendAsync("b", "c");

        var result = await one.Log.FetchAsync(new FetchRequest(FetchFrom.At(2), 1000, TimeSpan.Zero), "test", default);

        Assert.False(result.IsRefused);
        Assert.Equal(3, result.Value.Offsets.LogEnd);
    }

    [Fact]
    public async Task Fetch_AtTheTail_ReturnsAsSoonAsThisInstanceAppends()
    {
        var fixture = new LogFixture();
        var one = fixture.Start();
        await one.AppendAsync("a");

        var waiting = one.Log.FetchAsync(new FetchRequest(FetchFrom.At(1), 1000, TimeSpan.FromSeconds(30)), "test", default).AsTask();
        Assert.False(waiting.IsCompleted);
        await one.AppendAsync("b");

        Assert.Single((await waiting).Value.Batches);
    }

    [Fact]
    public async Task Fetch_AtTheTail_ReturnsWhenAnotherInstanceAppends()
    {
        var fixture = new LogFixture();
        var one = fixture.Start();
        var other = fixture.Start();

        var waiting = one.Log.FetchAsync(new FetchRequest(FetchFrom.At(0), 1000, TimeSpan.FromSeconds(30)), "test", default).AsTask();
        await other.AppendAsync("a");

        Assert.Single((await waiting).Value.Batches);
    }

    [Fact]
    public async Task Append_WhenTheSegmentIsFull_RollsAndGoesOn()
    {
        var fixture = new LogFixture(config: LogFixture.Configured(("linger.ms", "0"), ("segment.bytes", "16384")));
        var one = fixture.Start();
        var other = fixture.Start();
        var value = new string('x', 3000);
        for (var i = 0; i < 40; i++)
            Assert.Equal(i, await (i % 3 == 0 ? other : one).AppendAsync(value + i));

        var read = await fixture.Start().ReadAllAsync();
        Assert.Equal(Enumerable.Range(0, 40).Select(i => ((long)i, value + i)), read);
        Assert.Equal(read, await one.ReadAllAsync());
        Assert.Equal(read, await other.ReadAllAsync());
        var blobs = await fixture.Twin.ListBlobsAsync("", null, 100, default);
        Assert.InRange(blobs.Value.Blobs.Count, 5, 10);
    }

    [Fact]
    public async Task Append_WhenNoFurtherBlockFits_RollsAndGoesOn()
    {
        var fixture = new LogFixture(new InMemoryBackendOptions { MaxBlocks = 5 });
        var one = fixture.Start();
        var other = fixture.Start();
        for (var i = 0; i < 30; i++)
            Assert.Equal(i, await (i % 2 == 0 ? other : one).AppendAsync("v" + i));

        Assert.Equal(Enumerable.Range(0, 30).Select(i => ((long)i, "v" + i)), await fixture.Start().ReadAllAsync());
    }

    [Fact]
    public async Task Append_OfManyRequestsAtOnce_IsOneStorageOperation()
    {
        var fixture = new LogFixture(config: LogFixture.Configured(("linger.ms", "200")));
        var one = fixture.Start();
        await one.AppendAsync("first");
        var before = one.Calls.Snapshot();

        var appends = Enumerable.Range(0, 100).Select(i => one.AppendAsync("v" + i)).ToList();
        await Task.WhenAll(appends);

        var made = one.Calls.Snapshot() - before;
        Assert.Equal(1, made.Total);
        Assert.Equal(1, made[StorageVerb.Append]);
    }

    [Fact]
    public async Task Fetch_OfWhatThisInstanceAppended_CostsNoStorageOperation()
    {
        var fixture = new LogFixture();
        var one = fixture.Start();
        for (var i = 0; i < 20; i++)
            await one.AppendAsync("v" + i);
        var before = one.Calls.Snapshot();

        var result = await one.Log.FetchAsync(new FetchRequest(FetchFrom.At(3), 1_000_000, TimeSpan.Zero), "test", default);

        Assert.Equal(17, result.Value.Batches.Count);
        Assert.Equal(0, (one.Calls.Snapshot() - before).Total);
    }
}
