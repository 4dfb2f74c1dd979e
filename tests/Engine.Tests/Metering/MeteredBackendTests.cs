using System.Diagnostics.Metrics;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Identity;
using ManagedLog.Simulation.Faults;
using ManagedLog.Simulation.Scheduling;
using ManagedLog.Testing;

namespace ManagedLog.Engine.Tests.Metering;

public sealed class MeteredBackendTests : IDisposable
{
    private static readonly TopicId Id = new(Guid.Parse("0123456789abcdef0123456789abcdef"));

    private readonly Measurements _measured = new();
    private readonly ManualTimeProvider _time = new();
    private readonly TopicTags _topics = new();
    private readonly InMemoryBackend _twin = new(TimeProvider.System);

    private MeteredBackend Metered(IStorageBackend inner) => new(inner, new StorageMeter(_measured.Meter), _topics.NameOf, _time);

    [Fact]
    public async Task Call_WhenItsBlobBelongsToATopic_IsMeasuredUnderVerbTopicAndOutcome()
    {
        _topics.Learn(Topic("orders", Id));
        var backend = Metered(_twin);
        await backend.PrepareAsync(StorageLayout.Tables, default);
        var blob = StorageLayout.LogBlob(new TopicPartition(Id, 3), 0, new SegmentId(Guid.Empty));
        await backend.CreateAppendBlobAsync(blob, default);
        Assert.True((await backend.AppendAsync(blob, 0, new byte[10], default)).IsDone);
        Assert.False((await backend.AppendAsync(blob, 0, new byte[7], default)).IsDone);
        await backend.ReadRangeAsync(blob, 4, 1000, default);

        const string Append = "managedlog.storage.verb=append";
        const string Orders = "messaging.destination.name=orders}";
        Assert.Equal(1, _measured.Sum($"managedlog.storage.operations{{managedlog.storage.outcome=done,{Append},{Orders}"));
        Assert.Equal(1, _measured.Sum($"managedlog.storage.operations{{managedlog.storage.outcome=condition_failed,{Append},{Orders}"));
        Assert.Equal(17, _measured.Sum($"managedlog.storage.io{{{Append},{Orders}"));

        // What was received, not what was asked for.
        Assert.Equal(6, _measured.Sum($"managedlog.storage.io{{managedlog.storage.verb=read_range,{Orders}"));
        Assert.Equal(2, _measured.Count($"managedlog.storage.operation.duration{{{Append},{Orders}"));

        // No topic: no tag.
        Assert.Equal(1, _measured.Sum("managedlog.storage.operations{managedlog.storage.outcome=done,managedlog.storage.verb=prepare}"));
    }

    [Fact]
    public async Task Call_WhenItTakesTime_IsMeasuredInSeconds()
    {
        var backend = Metered(new Slow(_twin, () => _time.Advance(TimeSpan.FromMilliseconds(1500))));
        await backend.GetBlobAsync("controller", default);
        Assert.Equal(1.5, _measured.Sum("managedlog.storage.operation.duration{managedlog.storage.verb=get_blob}"));
    }

    [Fact]
    public async Task Call_WhenItThrows_IsMeasuredAllTheSame()
    {
        var refused = Metered(new Slow(_twin, () => throw new StorageRefusedException("no")));
        await Assert.ThrowsAsync<StorageRefusedException>(async () => await refused.GetBlobAsync("controller", default));
        var cancelled = Metered(new Slow(_twin, () => throw new OperationCanceledException()));
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await cancelled.GetBlobAsync("controller", default));

        Assert.Equal(1, _measured.Sum("managedlog.storage.operations{managedlog.storage.outcome=refused,managedlog.storage.verb=get_blob}"));
        Assert.Equal(1, _measured.Sum("managedlog.storage.operations{managedlog.storage.outcome=cancelled,managedlog.storage.verb=get_blob}"));
    }

    [Fact]
    public async Task Rows_OfPartitions_AreTheirTopics_AndOtherRowsAreNobodys()
    {
        _topics.Learn(Topic("orders", Id));
        var backend = Metered(_twin);
        await backend.PrepareAsync(StorageLayout.Tables, default);
        await backend.ReadRowAsync(StorageLayout.PartitionsTable, new RowAddress(StorageLayout.PartitionKey(new TopicPartition(Id, 0)), StorageLayout.HeadRowKey), default);
        await backend.ReadRowAsync(StorageLayout.TopicsTable, new RowAddress(StorageLayout.TopicsPartitionKey, StorageLayout.TopicIdRowKey(Id)), default);

        Assert.Equal(1, _measured.Count("managedlog.storage.operation.duration{managedlog.storage.verb=read_row,messaging.destination.name=orders}"));
        Assert.Equal(1, _measured.Count("managedlog.storage.operation.duration{managedlog.storage.verb=read_row}"));
    }

    [Fact]
    public void Topics_WhenThereAreMoreThanTheLimit_AreFoldedIntoOther()
    {
        for (var i = 1; i <= TopicTags.MaxTopics + 1; i++)
            _topics.Learn(Topic($"t{i}", new TopicId(new Guid(i, 0, 0, new byte[8]))));

        Assert.Equal($"t{TopicTags.MaxTopics}", _topics.NameOf(new TopicId(new Guid(TopicTags.MaxTopics, 0, 0, new byte[8]))));
        Assert.Equal(TopicTags.Other, _topics.NameOf(new TopicId(new Guid(TopicTags.MaxTopics + 1, 0, 0, new byte[8]))));
        Assert.Equal(TopicTags.Other, _topics.NameOf(Id));
        Assert.Null(_topics.NameOf(new StorageCall(StorageVerb.ReadRange, StorageLayout.ControllerBlob)));
    }

    [Fact]
    public async Task Retries_AreCounted_AndEachTryIsACall()
    {
        var busy = new Busy(_twin, 2);
        var backend = new RetryingBackend(Metered(busy), TimeProvider.System, new NoPause(), new StorageMeter(_measured.Meter));
        await backend.GetBlobAsync("controller", default);

        Assert.Equal(2, _measured.Sum("managedlog.storage.retries{managedlog.storage.verb=get_blob}"));
        Assert.Equal(2, _measured.Sum("managedlog.storage.operations{managedlog.storage.outcome=throttled,managedlog.storage.verb=get_blob}"));
        Assert.Equal(1, _measured.Sum("managedlog.storage.operations{managedlog.storage.outcome=missing,managedlog.storage.verb=get_blob}"));
    }

    [Fact]
    public async Task Call_InTheSteadyState_AllocatesNoMoreThanUnmeasured()
    {
        using var meter = new Meter("allocations");
        _topics.Learn(Topic("orders", Id));
        var blob = StorageLayout.LogBlob(new TopicPartition(Id, 0), 0, new SegmentId(Guid.Empty));
        var plain = new Passing(_twin);
        var metered = new MeteredBackend(_twin, new StorageMeter(meter), _topics.NameOf, TimeProvider.System);
        await AllocatedAsync(plain, blob);
        await AllocatedAsync(metered, blob);

        Assert.Equal(await AllocatedAsync(plain, blob), await AllocatedAsync(metered, blob));
    }

    public void Dispose() => _measured.Dispose();

    private static async Task<long> AllocatedAsync(IStorageBackend backend, string blob)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            await backend.GetBlobAsync(blob, default);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static Topic Topic(string name, TopicId id) => new(name, id, 4, new TopicConfig(new Dictionary<string, string>()), default);

    private sealed class NoPause : Entropy
    {
        public override Guid NextGuid() => Guid.Empty;

        /// <summary>Makes every jittered pause nothing.</summary>
        public override double NextDouble() => -0.5;
    }

    private sealed class Passing(IStorageBackend inner) : InterceptingBackend(inner)
    {
        protected override ValueTask<Outcome<T>> InvokeAsync<T>(StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken) =>
            proceed(cancellationToken);
    }

    private sealed class Slow(IStorageBackend inner, Action before) : InterceptingBackend(inner)
    {
        protected override ValueTask<Outcome<T>> InvokeAsync<T>(StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
        {
            before();
            return proceed(cancellationToken);
        }
    }

    private sealed class Busy(IStorageBackend inner, int times) : InterceptingBackend(inner)
    {
        private int _left = times;

        protected override ValueTask<Outcome<T>> InvokeAsync<T>(StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken) =>
            _left-- > 0 ? ValueTask.FromResult(Outcome.Throttled<T>()) : proceed(cancellationToken);
    }
}
