using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Tests.Compaction;

public class CompactionPlanTests
{
    private const long Now = 1_800_000_000_000;
    private const long Hour = 3_600_000;

    [Theory]
    [InlineData(100, 100, false)]
    [InlineData(100, 101, true)]
    [InlineData(0, 1, true)]
    public void Plan_IsDue_WhenMoreThanTheRatioIsDirty(long clean, long dirty, bool isDue) =>
        Assert.Equal(isDue, Of(Chain(10, Segment(0, 10, clean), Segment(10, 20, dirty))).IsDue);

    [Fact]
    public void Plan_WhenNothingIsDirty_IsNeverDue()
    {
        Assert.False(Of(Chain(20, Segment(0, 20, 100)), ("min.cleanable.dirty.ratio", "0")).IsDue);
        Assert.False(Of(Chain(0), ("min.cleanable.dirty.ratio", "0")).IsDue);
        Assert.Equal(long.MaxValue, Of(Chain(0)).LookAt);
    }

    [Fact]
    public void Plan_TakesNoSegmentThatIsYoungerThanTheLeastLag_AndLooksAgainWhenItIsNot()
    {
        var chain = Chain(0, Segment(0, 10, 100, Now - (2 * Hour)), Segment(10, 20, 100, Now - Hour + 1), Segment(20, 30, 100, Now - (3 * Hour)));

        var plan = Of(chain, ("min.compaction.lag.ms", "3600000"));

        Assert.Equal((0, 10, true, Now + 1), (plan.From, plan.UpTo, plan.IsDue, plan.LookAt));
    }

    [Fact]
    public void Plan_WhenADirtySegmentIsAsOldAsTheMostLag_IsDueWhateverTheRatio()
    {
        var chain = Chain(10, Segment(0, 10, 1000, createdAt: 1), Segment(10, 20, 1, createdAt: Now - Hour + 1));

        var plan = Of(chain, ("max.compaction.lag.ms", "3600000"));
        Assert.Equal((false, Now + 1), (plan.IsDue, plan.LookAt));
        Assert.True(CompactionPlan.Of(chain, LogConfig(("max.compaction.lag.ms", "3600000")), Now + 1).IsDue);
    }

    [Fact]
    public void Plan_WhenAPassIsUnderWay_GoesOnWithItUnlessTheLogStartHasPassedIt()
    {
        var chain = Chain(5, Segment(0, 10, 1000), Segment(10, 20, 1));
        var begun = chain with { Head = chain.Head with { Compaction = new CompactionProgress(5, 10, 15) } };

        var plan = Of(begun);
        Assert.Equal((5, 15, true, true), (plan.From, plan.UpTo, plan.IsDue, plan.IsUnderWay));
        var passed = Of(begun with { Head = begun.Head with { LogStartOffset = 15 } });
        Assert.Equal((15, 20, false), (passed.From, passed.UpTo, passed.IsUnderWay));
    }

    [Fact]
    public void DeleteHorizon_IsTheEarliestOfAllSegments()
    {
        Assert.Equal(long.MaxValue, CompactionPlan.DeleteHorizon(Chain(0, Segment(0, 10, 1))));
        var chain = Chain(0, Segment(0, 10, 1) with { DeleteHorizon = Now + 9 }, Segment(10, 20, 1), Segment(20, 30, 1) with { DeleteHorizon = Now + 5 });
        Assert.Equal(Now + 5, CompactionPlan.DeleteHorizon(chain));
        Assert.Equal([false, false, true], chain.Sealed.Select(segment => CompactionPlan.HasExpired(segment, Now + 5)));
    }

    [Fact]
    public void MaintenancePlan_CompactsBeforeItRewrites_AndDropsTombstonesAfter()
    {
        var plain = Chain(0, Segment(0, 10, 1) with { FooterBytes = 0 });
        Assert.Equal(MaintenanceKind.Compact, Plan().Next(plain, new MaintenanceProgress()).Kind);
        Assert.Equal(MaintenanceKind.Rewrite, Plan().Next(plain, new MaintenanceProgress { IsNotCompacted = true }).Kind);
        Assert.Equal(MaintenanceKind.Rewrite, Plan(("cleanup.policy", "delete")).Next(plain, new MaintenanceProgress()).Kind);

        var clean = Chain(10, Segment(0, 10, 1) with { DeleteHorizon = Now });
        Assert.Equal(MaintenanceKind.DropTombstones, Plan().Next(clean, new MaintenanceProgress()).Kind);
        var later = Chain(10, Segment(0, 10, 1) with { DeleteHorizon = Now + 77 });
        Assert.Equal(MaintenanceKind.None, Plan().Next(later, new MaintenanceProgress()).Kind);
        Assert.Equal(Now + 77, Plan().NextLookAt(later, new MaintenanceProgress()));
    }

    [Fact]
    public void Group_MergesWhatFits_AndWritesNothingAgainForLittle()
    {
        const int Small = SegmentObjectWriter.BlockBytes;
        var group = new CompactionGroup(100 * Small);
        group.Add(Segment(0, 10, 10 * Small));
        Assert.False(group.Takes(Segment(10, 20, Small), isWritten: false, isChanged: false));
        Assert.False(group.Takes(Segment(10, 20, Small), isWritten: false, isChanged: true));
        Assert.True(group.Takes(Segment(10, 20, 10 * Small), isWritten: false, isChanged: false));
        Assert.False(group.Takes(Segment(10, 20, 91 * Small), isWritten: false, isChanged: false));
        Assert.True(group.Takes(Segment(10, 20, Small), isWritten: true, isChanged: false));
        Assert.True(group.Takes(Segment(10, 20, 90 * Small), isWritten: true, isChanged: true));
        Assert.True(group.Takes(Segment(10, 20, 100 * Small), isWritten: true, isChanged: true));
        group.Bytes = (50 * Small) + 1;
        Assert.False(group.Takes(Segment(10, 20, 100 * Small), isWritten: true, isChanged: true));
        for (var i = 1; i < ChainStore.MaxSegmentsAtOnce; i++)
            group.Add(Segment(i * 10, (i * 10) + 10, 0));
        Assert.False(group.Takes(Segment(2000, 2010, 0), isWritten: true, isChanged: true));
    }

    [Fact]
    public void Group_HoldsNoMoreNamesOfDeadBlobsThanOneRowTakes()
    {
        var many = Segment(0, 10, 1) with { DeadBlob = string.Join('\n', Enumerable.Range(0, 150).Select(_ => new string('x', 122))) };
        var group = new CompactionGroup(1000);
        group.Add(many);
        Assert.False(group.Takes(many, isWritten: true, isChanged: true));
        Assert.True(group.Takes(Segment(10, 20, 1), isWritten: true, isChanged: true));
        Assert.False(CompactionGroup.MustWait(many));
        Assert.True(CompactionGroup.MustWait(many with { DeadBlob = string.Join('\n', Enumerable.Repeat("x", CompactionGroup.MaxDeadBlobs)) }));
        Assert.True(CompactionGroup.MaxDeadBlobs * 123 < Engine.Backend.RowBatch.MaxStringCharacters);
    }

    private static MaintenancePlan Plan(params (string, string)[] configs) =>
        new(new TopicPartition(new TopicId(Guid.Empty), 0), LogConfig(configs), DateTimeOffset.FromUnixTimeMilliseconds(Now));

    private static CompactionPlan Of(SegmentChain chain, params (string, string)[] configs) => CompactionPlan.Of(chain, LogConfig(configs), Now);

    private static TopicConfig LogConfig(params (string Name, string Value)[] configs) =>
        new(new Dictionary<string, string>(configs.Select(config => KeyValuePair.Create(config.Name, config.Value)).Append(new("cleanup.policy", "compact")).DistinctBy(config => config.Key)));

    private static SegmentChain Chain(long cleanOffset, params ChainSegmentRow[] segments)
    {
        var active = new ActiveSegmentRef(new SegmentId(Guid.NewGuid()), segments.Length > 0 ? segments[^1].EndOffset : 0, Now);
        var start = segments.Length > 0 ? segments[0].BaseOffset : 0;
        var head = new PartitionHeadRow(PartitionState.Open, 0, 0, [0], [0], active, start) { SweptAt = Now, Compaction = new CompactionProgress(cleanOffset, 0, 0) };
        return new SegmentChain(head, default, segments);
    }

    private static ChainSegmentRow Segment(long baseOffset, long endOffset, long bytes, long newest = Now, long createdAt = Now) =>
        new(new SegmentId(Guid.NewGuid()), baseOffset, endOffset, bytes, newest, 0, $"blob-{baseOffset}") { FooterBytes = 1, CreatedAt = createdAt };
}
