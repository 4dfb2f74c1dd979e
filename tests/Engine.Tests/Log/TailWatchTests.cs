using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Tests.Log;

public class TailWatchTests
{
    private readonly LogFixture _fixture = new();
    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _times;

    [Fact]
    public async Task Watch_WhenThisInstanceAppends_Tells()
    {
        var one = _fixture.Start();
        await one.AppendAsync("a");
        using var watch = one.Log.Watch(1, Tell);
        Assert.False(watch.HasArrived);

        await one.AppendAsync("b");

        await _told.Task;
        Assert.True(watch.HasArrived);
    }

    [Fact]
    public async Task Watch_WhenAnotherInstanceAppends_TellsAndAFollowingFetchFindsItWithoutALookOfItsOwn()
    {
        var one = _fixture.Start();
        var other = _fixture.Start();
        await one.AppendAsync("a");
        Assert.Single(await other.ReadAllAsync());
        using var watch = other.Log.Watch(1, Tell);
        await one.AppendAsync("b");
        await _told.Task;

        var found = await FollowAsync(other, 1);
        Assert.Single(found.Batches);
        var before = other.Calls.Snapshot()[StorageVerb.ReadRange];
        Assert.Empty((await FollowAsync(other, 2)).Batches);
        Assert.Equal(before, other.Calls.Snapshot()[StorageVerb.ReadRange]);
    }

    [Fact]
    public async Task Watch_WhenItStandsThereAlready_TellsAtOnceAndOnce()
    {
        var one = _fixture.Start();
        await one.AppendAsync("a");

        using var watch = one.Log.Watch(0, Tell);
        await one.AppendAsync("b");

        Assert.True(watch.HasArrived);
        Assert.Equal(1, _times);
    }

    [Fact]
    public async Task Watch_WhenThePartitionStops_Tells()
    {
        var one = _fixture.Start();
        await one.AppendAsync("a");
        using var watch = one.Log.Watch(1, Tell);

        one.Log.Close(new Refusal(Protocol.Errors.ErrorCode.KafkaStorageError, "test"));

        Assert.True(watch.HasArrived);
        Assert.True((await one.Log.FetchAsync(Following(1), "test", default)).IsRefused);
    }

    [Fact]
    public async Task Watch_WhenLeft_IsNotTold()
    {
        var one = _fixture.Start();
        await one.AppendAsync("a");
        one.Log.Watch(1, Tell).Dispose();

        await one.AppendAsync("b");

        Assert.Equal(0, _times);
    }

    private static FetchRequest Following(long offset) => new(FetchFrom.At(offset), 1000, TimeSpan.Zero) { IsFollowing = true };

    private static async Task<FetchResult> FollowAsync(LogFixture.Instance instance, long offset) =>
        (await instance.Log.FetchAsync(Following(offset), "test", default)).Value;

    private void Tell()
    {
        Interlocked.Increment(ref _times);
        _told.TrySetResult();
    }
}
