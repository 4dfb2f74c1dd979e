using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Insight;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Compaction;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Records;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Insight;

public class PartitionLookTests
{
    private static async Task<TopicInsight> LookAsync(HousekeepingInstance instance, Topic topic) => await instance.Engine.Insight.TopicAsync(topic, default);

    [Fact]
    public void Topic_SumsUpItsPartitions() => HousekeepingWorld.Run(async world =>
    {
        var made = await SearchWorld.MakeAsync(world);
        var last = world.Now.ToUnixTimeMilliseconds() + 5;
        await made.Writer.AppendAsync(made.Topic, last, "last", partition: 1);

        foreach (var instance in (HousekeepingInstance[])[made.Writer, await world.StartAsync()])
        {
            var insight = await LookAsync(instance, made.Topic);
            Assert.Equal(made.Records.Count + 1, insight.MaxRecords);
            Assert.Equal(await StoredAsync(world, made.Topic), insight.Bytes + insight.DeadBytes);
            Assert.True(insight.DeadBytes > 0);
            Assert.Equal((1, last), (insight.Latest!.Partition, insight.Latest.LastTimestamp));
            Assert.Equal((await world.SegmentsAsync(made.Topic.At(0))).Count + (await world.SegmentsAsync(made.Topic.At(1))).Count + 2, insight.Segments);
            Assert.Empty(insight.Stopped);
        }
    });

    [Fact]
    public void Topic_ThatWasCompacted_CountsAllCopiesThatWereReplaced() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var log = await CompactedTopic.PrepareAsync(world, one);
        await one.TickAsync();
        Assert.Contains(await world.SegmentsAsync(log.Topic.At(0)), row => row.DeadBlobs.Count > 1);

        foreach (var instance in (HousekeepingInstance[])[one, await world.StartAsync()])
        {
            var insight = await LookAsync(instance, log.Topic);
            Assert.Equal(await StoredAsync(world, log.Topic), insight.Bytes + insight.DeadBytes);
        }

        await world.TickForAsync(one, TimeSpan.FromHours(2));
        Assert.Equal(0, (await LookAsync(await world.StartAsync(), log.Topic)).DeadBytes);
    });

    [Fact]
    public void LastRecord_WhenCompactionTookTheLastOffsets_IsTheLastThatIsLeft() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", [.. CompactedTopic.Configs.SkipLast(1), ("delete.retention.ms", "0"), ("segment.ms", "60000")]);
        var log = new KeyedLog(world, topic, TimeSpan.Zero);
        await log.AppendAsync(one, CompressionCodec.None, ("a", "1"), ("b", "2"));
        await log.AppendAsync(one, CompressionCodec.Gzip, ("c", "3"), ("d", "4"), ("b", null), ("e", "5"), ("e", null));
        await world.WaitAsync(TimeSpan.FromSeconds(1));
        var last = (await LookAsync(one, topic)).Latest!;
        Assert.Equal(log.End - 1, last.LastOffset);

        // A batch of which the end has gone, then one of which nothing is left, in a segment of its own.
        await world.TickForAsync(one, TimeSpan.FromMinutes(5));
        Assert.Equal(3, await FindAsync(one));
        Assert.Equal(3, await FindAsync(await world.StartAsync()));
        await log.AppendAsync(one, CompressionCodec.None, ("f", null));
        await world.TickForAsync(one, TimeSpan.FromHours(2));
        Assert.Equal(3, await FindAsync(one));
        Assert.Equal(3, await FindAsync(await world.StartAsync()));

        await log.AppendAsync(one, CompressionCodec.None, ("g", "6"));
        await world.WaitAsync(PartitionLook.MaxAge);
        Assert.Equal(log.End - 1, (await LookAsync(one, topic)).Latest!.LastOffset);

        async Task<long> FindAsync(HousekeepingInstance instance)
        {
            var insight = (await LookAsync(instance, topic)).Latest!;
            Assert.Equal(log.End, insight.Offsets.HighWatermark);
            Assert.Equal((await log.ReadAsync(instance))[^1].Offset, insight.LastOffset);
            return insight.LastOffset!.Value;
        }
    });

    [Fact]
    public void Topic_NeverWrittenTo_IsEmpty() => HousekeepingWorld.Run(async world =>
    {
        var instance = await world.StartAsync();
        var insight = await LookAsync(instance, await instance.CreateAsync("t", 3));
        Assert.Equal((0, 0, 0, null), (insight.MaxRecords, insight.Bytes, insight.Segments, insight.Latest));
        Assert.Equal(3, insight.Partitions.Count);
    });

    [Fact]
    public void Topic_LookedAtAgain_CostsTwoOperationsForEachPartition_AndNoneAtOnce() => HousekeepingWorld.Run(async world =>
    {
        var made = await SearchWorld.MakeAsync(world);
        var fresh = await world.StartAsync();
        await LookAsync(fresh, made.Topic);

        var before = fresh.Calls.Snapshot();
        await LookAsync(fresh, made.Topic);
        Assert.Equal(0, fresh.Calls.Since(before).Total);

        await world.WaitAsync(PartitionLook.MaxAge);
        before = fresh.Calls.Snapshot();
        await LookAsync(fresh, made.Topic);
        Assert.Equal("ReadRange=2 ReadRow=2", fresh.Calls.Since(before).ToString());
    });

    [Fact]
    public void Topics_ArePagedByThePartitionsThatTheyMakeUsLookAt() => HousekeepingWorld.Run(async world =>
    {
        var instance = await world.StartAsync();
        foreach (var (name, partitions) in ((string, int)[])[("a", 150), ("b", 50), ("c", 1), ("d", 1000), ("e", 1)])
            await instance.CreateAsync(name, partitions);

        var pages = new List<string>();
        string? after = null;
        do
        {
            var before = instance.Calls.Snapshot();
            var page = (await instance.Engine.Insight.TopicsAsync(after, ClusterInsight.PageTopics, _ => true, default)).Value;
            Assert.InRange(instance.Calls.Since(before).Total, 1, 1 + (3 * Math.Max(ClusterInsight.PagePartitions, page.Topics[0].Topic.Partitions)));
            pages.Add(string.Concat(page.Topics.Select(topic => topic.Topic.Name)));
            after = page.IsMore ? page.Topics[^1].Topic.Name : null;
        }
        while (after is not null);

        Assert.Equal(["ab", "c", "d", "e"], pages);
        Assert.Equal(["a", "b"], (await instance.Engine.Insight.TopicsAsync(null, 2, _ => true, default)).Value.Topics.Select(topic => topic.Topic.Name));
    });

    [Fact]
    public void Topic_WithAPartitionThatCannotBeLookedAt_SaysSoInItsPlace() => HousekeepingWorld.Run(async world =>
    {
        var made = await SearchWorld.MakeAsync(world);
        var faults = new FaultScript();
        var fresh = await world.StartAsync(faults);
        faults.On(call => call.IsRead && call.Key.StartsWith(StorageLayout.PartitionKey(made.Topic.At(1)), StringComparison.Ordinal), Fault.LostRequest, times: 100);

        var insight = await LookAsync(fresh, made.Topic);

        Assert.Equal(1, Assert.Single(insight.Stopped).Partition);
        Assert.Equal(made.Records.Count(record => record.Partition == 0), insight.MaxRecords);
    });

    [Fact]
    public void Segments_TellHowTheyAreStoredAndWhatIsDead() => HousekeepingWorld.Run(async world =>
    {
        var made = await SearchWorld.MakeAsync(world, deletes: false);
        var fresh = await world.StartAsync();
        var rows = await world.SegmentsAsync(made.Topic.At(0));
        var segments = (await fresh.Engine.Insight.SegmentsAsync(made.Topic, 0)).Value;

        Assert.Equal(rows.Select(row => (row.BaseOffset, row.EndOffset, row.IsRewritten)), segments.SkipLast(1).Select(s => (s.BaseOffset, s.EndOffset, s.Kind == SegmentKind.Segment)));
        Assert.Equal([.. Enumerable.Repeat(false, rows.Count), true], segments.Select(segment => segment.IsActive));
        Assert.DoesNotContain(segments, segment => segment.IsDead);
        foreach (var segment in segments)
            Assert.Equal((await world.Twin.GetBlobAsync(segment.Blob, default)).Value.Length, segment.Bytes);

        await fresh.Engine.DeleteRecordsAsync(made.Topic, 0, rows[0].EndOffset, default);
        Assert.Equal([true, false], (await fresh.Engine.Insight.SegmentsAsync(made.Topic, 0)).Value.Take(2).Select(segment => segment.IsDead));
    });

    [Fact]
    public void InternalTopics_AreChangedByNobodyFromOutside() => HousekeepingWorld.Run(async world =>
    {
        var instance = await world.StartAsync();
        var own = (await instance.CreateAsync("t")) with { Name = "__own" };
        Refusal?[] refusals =
        [
            (await instance.Engine.CreateTopicAsync(new NewTopic("__own", 1, null, new Dictionary<string, string?>(), false), default)).Refusal,
            (await instance.Engine.GrowTopicAsync("__own", 3, default)).Refusal,
            (await instance.Engine.DeleteTopicAsync("__own", default)).Refusal,
            (await instance.Engine.AppendAsync(own, 0, new AppendRequest([HousekeepingWorld.Batch(1, "a")]), default)).Refusal,
            (await instance.Engine.DeleteRecordsAsync(own, 0, -1, default)).Refusal,
        ];
        Assert.All(refusals, refusal => Assert.Equal(ErrorCode.TopicAuthorizationFailed, refusal?.Code));
    });

    /// <summary>All blobs of its segments: those that are named, and the dead ones.</summary>
    private static async Task<long> StoredAsync(HousekeepingWorld world, Topic topic)
    {
        var blobs = (await world.Twin.ListBlobsAsync(StorageLayout.BlobPrefix(topic.Id), null, 5000, default)).Value.Blobs;
        return blobs.Where(blob => blob.Name.EndsWith(".log", StringComparison.Ordinal) || blob.Name.EndsWith(".segment", StringComparison.Ordinal)).Sum(blob => blob.Properties.Length);
    }
}
