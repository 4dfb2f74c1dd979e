using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Simulation.Judging;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>What may become of a log between two images of it, and what is a violation: each is recognised, and what may be is not accused.</summary>
public sealed class SuccessionTests
{
    private static readonly ChainSegmentRow s_row = new(LogForge.Id(1), 0, 2, 100, 1000, 0, "old.log");
    private static readonly ChainSegmentRow s_rewritten = s_row with { Blob = "new.segment", Bytes = 60, FooterBytes = 40, DeadBlob = "old.log", DeadBytes = s_row.BlobBytes };

    [Fact]
    public void Log_ThatOnlyGrows_IsSound() => Assert.Empty(Check(Images.Of("a"), Images.Of("a", "b")));

    [Fact]
    public void Log_ThatLosesABatch_IsFound() => Assert.Equal(["I4"], Check(Images.Of("a", "b"), Images.Of("a")));

    [Fact]
    public void Log_ThatLosesAllBatches_IsFound() => Assert.Equal(["I4"], Check(Images.Of("a", "b"), Images.Of()));

    [Fact]
    public void Log_ThatReplacesABatch_IsFound() => Assert.Equal(["I3"], Check(Images.Of("a", "b"), Images.Of("a", "c")));

    [Fact]
    public void Log_WhoseFirstBatchesAreRemoved_IsSoundAndRememberedWhole()
    {
        var earlier = Images.Of("a", "b", "c");
        var later = Images.Of("a", "b", "c", "d") is var whole ? whole with { Batches = [.. whole.Batches.Skip(2)], Head = Images.Head(2, 2) } : null!;

        Assert.Empty(Check(earlier, later));
        Assert.Equal([0, 1, 2, 3], Succession.Join(earlier, later).Batches.Select(batch => batch.BaseOffset));
    }

    [Fact]
    public void Log_OfWhichAllIsRemoved_IsSoundAndGoesOnBehindIt()
    {
        var earlier = Images.Of("a", "b");
        var empty = Images.Of() with { Head = Images.Head(2, 2) };

        Assert.Empty(Check(earlier, empty));
        Assert.Equal(["I4"], Check(earlier, Images.Of() with { Head = Images.Head(1, 1) }));
        Assert.Equal([0, 1], Succession.Join(earlier, empty).Batches.Select(batch => batch.BaseOffset));
    }

    [Fact]
    public void Log_ThatGoesOnBehindAGapThatNobodySaw_IsFound()
    {
        var later = Images.Of("a", "b", "c");

        Assert.Equal(["I3"], Check(Images.Of("a"), later with { Batches = [later.Batches[2]], Head = Images.Head(2, 2) }));
    }

    [Fact]
    public void Segment_ThatIsRewritten_IsSound()
    {
        Assert.Empty(Check(Chained(s_row), Chained(s_rewritten)));
        Assert.Empty(Check(Chained(s_rewritten), Chained(s_rewritten with { DeadBlob = null, DeadBytes = 0 })));
    }

    [Fact]
    public void Segment_ThatIsChangedInAnotherWay_IsFound()
    {
        Assert.Equal(["I11"], Check(Chained(s_row), Chained(s_row with { EndOffset = 3 })));
        Assert.Equal(["I11"], Check(Chained(s_row), Chained(s_rewritten with { DeadBlob = null, DeadBytes = 0 })));
        Assert.Equal(["I11"], Check(Chained(s_row), Chained(s_rewritten with { MaxTimestamp = 999 })));
        Assert.Equal(["I11"], Check(Chained(s_rewritten), Chained(s_row)));
    }

    [Fact]
    public void Segment_ThatLeavesTheChainAboveTheLogStart_IsFound()
    {
        Assert.Equal(["I13"], Check(Chained(s_row), Images.Of() with { Head = Images.Head(2, 1) }));
        Assert.Empty(Check(Chained(s_row), Images.Of() with { Head = Images.Head(2, 2) }));
    }

    [Fact]
    public void LogStart_ThatGoesBackOrBeyondTheEnd_IsFound()
    {
        Assert.Equal(["I13"], Check(Images.Of() with { Head = Images.Head(5, 5) }, Images.Of() with { Head = Images.Head(5, 4) }));
        Assert.Equal(["I13"], Check(Images.Of(), Images.Of() with { Head = Images.Head(5, 6) }));
    }

    [Theory]
    [InlineData(2, 1001, null, true)]
    [InlineData(2, 1000, null, false)]
    [InlineData(2, null, 50L, true)]
    [InlineData(2, null, 51L, false)]
    [InlineData(3, 2000, null, false)]
    [InlineData(1, 2000, null, false)]
    [InlineData(4, 2000, null, true)]
    public void LogStart_AdvancedByRetention_MustBeAllowedByAgeOrBySizeAndEndASegment(long start, int? age, long? bytes, bool isRight)
    {
        // Two segments, both of the time 1000: of 100 and 50 bytes.
        var earlier = Chained(s_row, s_row with { Segment = LogForge.Id(2), BaseOffset = 2, EndOffset = 4, Bytes = 50 });
        var later = earlier with { Head = Images.Head(4, start) };
        var rights = new LogStartRights(new HashSet<long>(), false, age is null ? null : 0, bytes, age ?? 0);

        Assert.Equal(isRight ? [] : ["I13"], Succession.Check(earlier, later, rights).Select(violation => violation.Invariant));
    }

    [Fact]
    public void LogStart_AdvancedToWhatWasAskedFor_IsSoundAndElsewhereIsFound()
    {
        var earlier = Chained(s_row);
        var rights = new LogStartRights(new HashSet<long> { 1 }, false, null, null, 0);

        Assert.Empty(Succession.Check(earlier, earlier with { Head = Images.Head(2, 1) }, rights));
        Assert.Equal(["I13"], Succession.Check(earlier, earlier with { Head = Images.Head(2, 2) }, rights).Select(violation => violation.Invariant));
        Assert.Empty(Succession.Check(earlier, earlier with { Head = Images.Head(2, 2) }, rights with { AskedForAll = true }));
    }

    private static LogImage Chained(params ChainSegmentRow[] rows) => Images.Of() with { Head = Images.Head(rows[^1].EndOffset, 0), Chain = rows };

    private static IEnumerable<string> Check(LogImage earlier, LogImage later) => Succession.Check(earlier, later).Select(violation => violation.Invariant);
}
