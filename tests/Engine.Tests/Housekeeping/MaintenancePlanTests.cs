using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Tests.Housekeeping;

public class MaintenancePlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TopicPartition Partition = new(new TopicId(Guid.Parse("11111111111111111111111111111111")), 0);
    private static readonly SegmentId Active = new(Guid.Parse("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    private static readonly MaintenanceProgress None = new();

    [Fact]
    public void Next_OfAYoungPartition_IsNothing() =>
        Assert.Equal(MaintenanceKind.None, Plan().Next(Chain(createdAgo: TimeSpan.FromDays(6)), None).Kind);

    [Fact]
    public void Next_OfAnOldActiveSegment_ExaminesItAndRollsItUnlessItIsEmpty()
    {
        var chain = Chain(createdAgo: TimeSpan.FromDays(7));
        Assert.Equal(MaintenanceKind.ExamineActive, Plan().Next(chain, None).Kind);
        Assert.Equal(MaintenanceKind.RollActive, Plan().Next(chain, Examined(newest: Now)).Kind);
        Assert.Equal(MaintenanceKind.None, Plan().Next(chain, Examined(newest: null)).Kind);
        Assert.Equal(MaintenanceKind.RollActive, Plan().Next(chain, Examined(newest: null) with { IsSealed = true }).Kind);
    }

    [Fact]
    public void Next_WhenWhatWasExaminedIsNotActiveAnyMore_ExaminesAgain() =>
        Assert.Equal(
            MaintenanceKind.ExamineActive,
            Plan().Next(Chain(createdAgo: TimeSpan.FromDays(7)), Examined(newest: Now) with { Examined = new SegmentId(Guid.Parse("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")) }).Kind);

    [Fact]
    public void Next_OfAnActiveSegmentWithOneRecordWithinItsRetention_LeavesItUntilThatIsPast()
    {
        var plan = Plan(("retention.ms", "60000"));
        var chain = Chain(createdAgo: TimeSpan.FromMinutes(2));
        Assert.Equal(MaintenanceKind.ExamineActive, plan.Next(chain, None).Kind);

        var young = Examined(newest: Now - TimeSpan.FromSeconds(59));
        Assert.Equal(MaintenanceKind.None, plan.Next(chain, young).Kind);
        Assert.Equal((Now + TimeSpan.FromSeconds(1)).ToUnixTimeMilliseconds() + 1, plan.NextLookAt(chain, young));
        Assert.Equal(MaintenanceKind.RollActive, plan.Next(chain, Examined(newest: Now - TimeSpan.FromSeconds(61))).Kind);
    }

    [Fact]
    public void Next_GoesFromTheHeadOverTheRowsToTheBlobs()
    {
        var plan = Plan(("retention.ms", "3600000"));
        var old = Chain(TimeSpan.Zero, Segment(0, 10, Age(2)), Segment(10, 20, Age(2)), Segment(20, 30, Age(0)));

        Assert.Equal((MaintenanceKind.AdvanceLogStart, 20), KindAndOffset(plan.Next(old, None)));
        var advanced = old with { Head = old.Head with { LogStartOffset = 20 } };
        var removal = plan.Next(advanced, None);
        Assert.Equal((MaintenanceKind.RemoveSegments, 2), (removal.Kind, removal.Segments.Count));
        var removed = advanced with { Sealed = [old.Sealed[2]] };
        Assert.Equal((MaintenanceKind.FreeBlobs, 20), KindAndOffset(plan.Next(removed, None)));
        Assert.Equal(MaintenanceKind.None, plan.Next(removed, None with { FreedBelow = 20 }).Kind);
    }

    [Fact]
    public void Next_RewritesOneSegmentAfterTheOtherButNotOneThatCannotBe()
    {
        var plain = Segment(0, 10, Age(1)) with { FooterBytes = 0 };
        var other = Segment(10, 20, Age(1)) with { FooterBytes = 0 };
        var chain = Chain(TimeSpan.Zero, plain, other, Segment(20, 30, Age(1)));

        var first = Plan().Next(chain, None);
        Assert.Equal((MaintenanceKind.Rewrite, plain), (first.Kind, first.Segments[0]));
        Assert.Equal(other, Plan().Next(chain, None with { NotRewritten = [plain.Segment] }).Segments[0]);
        Assert.Equal(MaintenanceKind.None, Plan().Next(chain, None with { NotRewritten = [plain.Segment, other.Segment] }).Kind);
    }

    [Fact]
    public void Next_DropsWhatWasReplacedAnHourAgoByTheServicesClock()
    {
        var young = Segment(0, 10, Age(9)) with { DeadBlob = "a" };
        var old = Segment(10, 20, Age(9)) with { DeadBlob = "b" };
        var unknown = Segment(20, 30, Age(9)) with { DeadBlob = "c" };
        var chain = Chain(TimeSpan.Zero, young, old, unknown) with { ChangedAt = Changed((0, 59), (10, 60)) };

        var step = Plan().Next(chain, None);
        Assert.Equal((MaintenanceKind.DropDead, old), (step.Kind, Assert.Single(step.Segments)));
        Assert.Equal((Now + TimeSpan.FromMinutes(1)).ToUnixTimeMilliseconds(), Plan().NextLookAt(chain with { Sealed = [young, unknown] }, None));
    }

    [Fact]
    public void Next_WithMoreSegmentsThanATransactionTakes_RemovesAsManyAsItTakes()
    {
        var segments = Enumerable.Range(0, 150).Select(i => Segment(i * 10, (i + 1) * 10, Age(2))).ToArray();
        var chain = Chain(TimeSpan.Zero, segments);
        chain = chain with { Head = chain.Head with { LogStartOffset = 1500 } };

        var step = Plan().Next(chain, None);

        Assert.Equal((MaintenanceKind.RemoveSegments, ChainStore.MaxSegmentsAtOnce), (step.Kind, step.Segments.Count));
        Assert.Equal(segments.Take(ChainStore.MaxSegmentsAtOnce), step.Segments);
    }

    [Fact]
    public void Next_SweepsAPartitionThatHasNeverBeenSweptAndThenDailyOnlyWhereSegmentsAreMade()
    {
        var never = Chain(createdAgo: TimeSpan.FromHours(1));
        Assert.Equal(MaintenanceKind.SweepOrphans, Plan().Next(never with { Head = never.Head with { SweptAt = 0 } }, None).Kind);

        Assert.Equal(MaintenanceKind.SweepOrphans, Plan().Next(Swept(never, Age(1) * 25), None).Kind);
        var quiet = Chain(createdAgo: TimeSpan.FromDays(60));
        var seen = Examined(newest: null);
        Assert.Equal(MaintenanceKind.None, Plan().Next(Swept(quiet, TimeSpan.FromDays(6)), seen).Kind);
        Assert.Equal(MaintenanceKind.SweepOrphans, Plan().Next(Swept(quiet, TimeSpan.FromDays(7)), seen).Kind);
    }

    [Fact]
    public void NextLookAt_IsTheSameForAllWhoLookBeforeIt()
    {
        foreach (var chain in (SegmentChain?[])[null, Chain(createdAgo: TimeSpan.FromDays(60)), Chain(TimeSpan.FromHours(1), Segment(0, 10, Age(1)))])
        {
            var seen = chain is null ? None : Examined(newest: null);
            var first = Plan().NextLookAt(chain, seen);
            Assert.InRange(first, Now.ToUnixTimeMilliseconds() + 1, (Now + MaintenancePlan.LongestRest).ToUnixTimeMilliseconds());
            for (var i = 1; i <= 10; i++)
            {
                var later = DateTimeOffset.FromUnixTimeMilliseconds(Now.ToUnixTimeMilliseconds() + ((first - Now.ToUnixTimeMilliseconds()) * i / 11));
                Assert.Equal(first, new MaintenancePlan(Partition, TopicConfig.Default, later).NextLookAt(chain, seen));
            }
        }
    }

    [Fact]
    public void NextLookAt_IsSpreadOverPartitions()
    {
        var looks = Enumerable.Range(0, 1000).Select(i => new MaintenancePlan(Partition with { Partition = i }, TopicConfig.Default, Now).NextLookAt(null, None)).ToList();
        Assert.InRange(looks.Distinct().Count(), 990, 1000);
        var half = (Now + (MaintenancePlan.LongestRest / 2)).ToUnixTimeMilliseconds();
        Assert.InRange(looks.Count(look => look < half), 400, 600);
    }

    [Fact]
    public void NextLookAt_WhenSomethingIsHeldUp_IsWithinMinutes() =>
        Assert.InRange(
            Plan().NextLookAt(Chain(createdAgo: TimeSpan.Zero), None with { IsHeldUp = true }),
            Now.ToUnixTimeMilliseconds() + 1,
            (Now + MaintenancePlan.RetryAfter).ToUnixTimeMilliseconds());

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    [InlineData(0)]
    public void NextLookAt_WithTimestampsThatNoClockShows_IsInTheFutureAndWithinAWeek(long timestamp)
    {
        var chain = Chain(TimeSpan.Zero, Segment(0, 10, TimeSpan.Zero) with { MaxTimestamp = timestamp });
        Assert.InRange(
            Plan().NextLookAt(chain, Examined(newest: null) with { IsEmpty = false, NewestTimestamp = timestamp }),
            Now.ToUnixTimeMilliseconds() + 1,
            (Now + MaintenancePlan.LongestRest).ToUnixTimeMilliseconds());
    }

    [Theory]
    [InlineData("-1", "-1", 0)]
    [InlineData("3600000", "-1", 20)] // the third is young, and the fourth behind it stays whatever its age
    [InlineData("0", "-1", 40)]
    [InlineData("-1", "0", 40)]
    [InlineData("-1", "200", 20)]
    [InlineData("-1", "201", 10)]
    [InlineData("-1", "400", 0)]
    public void LogStart_FollowsAgeAndSizeFromTheOldestOn(string ms, string bytes, long expected)
    {
        var chain = Chain(TimeSpan.Zero, Segment(0, 10, Age(3)), Segment(10, 20, Age(2)), Segment(20, 30, Age(0.5)), Segment(30, 40, Age(2)));
        Assert.Equal(expected, LogRetention.LogStart(chain, Config(("retention.ms", ms), ("retention.bytes", bytes)), Now));
    }

    [Fact]
    public void LogStart_NeverGoesBack()
    {
        var chain = Chain(TimeSpan.Zero, Segment(0, 10, Age(3)), Segment(10, 20, Age(0)));
        chain = chain with { Head = chain.Head with { LogStartOffset = 13 } };
        Assert.Equal(13, LogRetention.LogStart(chain, Config(("retention.ms", "3600000")), Now));
    }

    [Fact]
    public void LogStart_OfASegmentWithoutTimestamps_GoesByWhenItWasSealed()
    {
        var unknown = Segment(0, 10, TimeSpan.Zero) with { MaxTimestamp = -1 };
        var config = Config(("retention.ms", "3600000"));
        Assert.Equal(0, LogRetention.LogStart(Chain(TimeSpan.Zero, unknown) with { ChangedAt = Changed((0, 59)) }, config, Now));
        Assert.Equal(10, LogRetention.LogStart(Chain(TimeSpan.Zero, unknown) with { ChangedAt = Changed((0, 61)) }, config, Now));
        Assert.Equal(0, LogRetention.LogStart(Chain(TimeSpan.Zero, unknown), config, Now));
    }

    private static MaintenancePlan Plan(params (string, string)[] configs) => new(Partition, Config(configs), Now);

    private static TopicConfig Config(params (string Name, string Value)[] configs) => new(configs.ToDictionary(config => config.Name, config => config.Value));

    private static TimeSpan Age(double hours) => TimeSpan.FromHours(hours);

    private static (MaintenanceKind, long) KindAndOffset(MaintenanceStep step) => (step.Kind, step.Offset);

    private static SegmentChain Swept(SegmentChain chain, TimeSpan ago) => chain with { Head = chain.Head with { SweptAt = (Now - ago).ToUnixTimeMilliseconds() } };

    private static MaintenanceProgress Examined(DateTimeOffset? newest) =>
        new() { Examined = Active, IsEmpty = newest is null, NewestTimestamp = newest?.ToUnixTimeMilliseconds() ?? -1, FreedBelow = long.MaxValue };

    private static Dictionary<long, DateTimeOffset> Changed(params (long BaseOffset, int MinutesAgo)[] rows) =>
        rows.ToDictionary(row => row.BaseOffset, row => Now - TimeSpan.FromMinutes(row.MinutesAgo));

    private static ChainSegmentRow Segment(long from, long to, TimeSpan age) =>
        new(new SegmentId(new Guid((int)from, 0, 0, new byte[8])), from, to, 100, (Now - age).ToUnixTimeMilliseconds(), 0, $"{from}.segment") { FooterBytes = 1 };

    private static SegmentChain Chain(TimeSpan createdAgo, params ChainSegmentRow[] segments)
    {
        var end = segments.Length == 0 ? 0 : segments[^1].EndOffset;
        var active = new ActiveSegmentRef(Active, end, (Now - createdAgo).ToUnixTimeMilliseconds());
        var head = new PartitionHeadRow(PartitionState.Open, 0, 0, [0], [0], active, 0) { SweptAt = Now.ToUnixTimeMilliseconds() };
        return new SegmentChain(head, default, segments);
    }
}
