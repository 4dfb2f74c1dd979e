using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Tests.Compaction;

/// <summary>R5 for compaction: what it wrote is read back before it takes the place of anything; and what happens where it is not.</summary>
public class CompactionCheckTests
{
    /// <summary>The bit is wrong in the records of the first batch, behind its header.</summary>
    private const int At = 100;

    [Fact]
    public void Compaction_WithoutReadingBackWhatItWrote_LosesRecords() => HousekeepingWorld.Run(async world =>
    {
        var careless = await world.StartAsync(rules: ProtocolRules.All with { CheckRewrites = false }, decorate: storage => new MiswritingBackend(storage));
        var log = await CompactedTopic.PrepareAsync(world, await world.StartAsync());

        await careless.TickAsync();

        Assert.All(await world.SegmentsAsync(log.Topic.At(0)), row => Assert.True(row.IsRewritten));
        var read = await (await world.StartAsync()).FetchAsync(log.Topic, FetchFrom.Earliest);
        Assert.Equal(ErrorCode.CorruptMessage, read.Refusal?.Code);
    });

    [Fact]
    public void Compaction_WhenWhatItWroteIsStoredWrong_ReplacesNothingAndAnotherDoesItAgain() => HousekeepingWorld.Run(async world =>
    {
        var careful = await world.StartAsync(decorate: storage => new MiswritingBackend(storage));
        var log = await CompactedTopic.PrepareAsync(world, await world.StartAsync());
        var before = await world.SegmentsAsync(log.Topic.At(0));

        await careful.TickAsync();

        Assert.Equal(before, await world.SegmentsAsync(log.Topic.At(0)));
        await log.AssertHoldsAsync(await world.StartAsync());
        await world.TickThroughAsync(await world.StartAsync(), TimeSpan.FromDays(2));
        Assert.Equal(log.Last.Where(record => record.Value is not null), await log.ReadAsync(await world.StartAsync()));
        Assert.Equal(await world.NamedAsync(log.Topic.At(0)), await world.BlobsAsync(log.Topic.Id));
    });

    /// <summary>A storage that keeps one bit of every staged block wrong.</summary>
    private sealed class MiswritingBackend(IStorageBackend inner) : InterceptingBackend(inner)
    {
        public override ValueTask<Outcome<Nothing>> StageBlockAsync(string blob, string blockId, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
        {
            var wrong = content.ToArray();
            wrong[Math.Min(At, wrong.Length - 1)] ^= 4;
            return base.StageBlockAsync(blob, blockId, wrong, cancellationToken);
        }

        protected override ValueTask<Outcome<T>> InvokeAsync<T>(
            StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken) => proceed(cancellationToken);
    }
}
