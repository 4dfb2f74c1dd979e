using FsCheck;
using FsCheck.Fluent;
using ManagedLog.Engine.Insight;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Tests.Insight;

public class LagRuleTests
{
    private static readonly TopicId Topic = new(Guid.Parse("11111111111111111111111111111111"));

    private static ActivityReport Ends(long to, params (int Partition, long End)[] ends) =>
        new(Topic, Guid.Empty, Math.Max(0, to - 50), to, default, [.. ends.Select(end => new PartitionGauge(end.Partition, 0, end.End, 0))]);

    private static ActivityReport Commits(long to, params CommitGauge[] commits) => new(Topic, Guid.Empty, Math.Max(0, to - 50), to, default, []) { Commits = commits };

    private static string[] Lags(int count, params ActivityReport[] reports)
    {
        var series = new LagSeries(1000, 100, count);
        foreach (var report in reports)
            series.Add(report);
        return [.. series.Points(count).Select(lags => lags is null ? "-" : string.Join(' ', lags.Select(lag => $"{lag.Group}:{lag.Lag?.ToString() ?? "?"}")))];
    }

    [Fact]
    public void Lag_WhereNobodyHasCommitted_AsInReportsOfBefore_IsNotKnown()
    {
        var old = ActivityReport.Decode(System.Text.Encoding.UTF8.GetBytes(
            """{"v":1,"id":"11111111111111111111111111111111","by":"11111111111111111111111111111111","from":1000,"to":1010,"in":[1,1],"out":[1,1],"ops":[1,1,1],"p":[[0,0,7,100]]}"""))!;
        Assert.Empty(old.Commits);
        Assert.Equal(["-", "-"], Lags(2, old));
        Assert.Equal(["-", "g:4"], Lags(2, old, Commits(1150, new CommitGauge("g", 0, 3, -1, 1120))));
    }

    [Fact]
    public void Lag_IsOfTheEndAndTheCommitThatWereKnownLast_AndNeverNegative() => Assert.Equal(
        ["-", "g:0", "g:5", "g:5", "g:2 h:10", "g:0 h:5"],
        Lags(
            6,
            Ends(1050, (0, 5)),
            Commits(1150, new CommitGauge("g", 0, 5, 5, 1150)),
            Ends(1250, (0, 10)),
            Commits(1450, new CommitGauge("g", 0, 8, 10, 1430), new CommitGauge("h", 0, 0, -1, 1440)),
            Commits(1550, new CommitGauge("g", 0, 20, -1, 1550), new CommitGauge("h", 0, 5, -1, 1550))));

    [Fact]
    public void Lag_WhereAPartitionsEndIsNotKnown_IsNotGuessed() => Assert.Equal(
        ["g:? h:1", "g:5 h:1"],
        Lags(2, Commits(1000, new CommitGauge("g", 0, 1, 2, 1000), new CommitGauge("g", 1, 3, -1, 1000), new CommitGauge("h", 0, 1, 2, 1000)), Ends(1100, (1, 7))));

    [Fact]
    public void Lag_OfACommitThatIsReportedLateOrFromBefore_StandsAtItsTime() => Assert.Equal(
        ["g:9", "g:2", "g:2"],
        Lags(
            3,
            Ends(900, (0, 10)),
            Commits(1195, new CommitGauge("g", 0, 8, -1, 1180)),
            Commits(1199, new CommitGauge("g", 0, 5, -1, 1110)),
            Commits(1010, new CommitGauge("g", 0, 1, -1, 400)),
            Commits(1500, new CommitGauge("g", 0, 0, -1, 1300))));

    [Fact]
    public void Lag_OfWhatWasForgotten_Ends() => Assert.Equal(
        ["g:5", "g:2", "-", "g:4"],
        Lags(
            4,
            Commits(1000, new CommitGauge("g", 0, 1, 4, 1000), new CommitGauge("g", 1, 2, 4, 1000)),
            Commits(1100, new CommitGauge("g", 0, -1, 4, 1100), new CommitGauge("unknown", 0, -1, 4, 1100)),
            Commits(1200, new CommitGauge("g", 1, -1, 4, 1200)),
            Commits(1300, new CommitGauge("g", 1, 0, 4, 1300))));

    /// <summary>What two reports tell of one moment aside, their order does not matter.</summary>
    [Fact]
    public void Lag_OfReportsInAnyOrder_IsTheSame() => Prop.ForAll<(byte Time, byte Partition, byte Offset, bool IsEnd)[], int>((facts, seed) =>
    {
        var reports = facts.DistinctBy(fact => fact.Time)
            .Select(fact => fact.IsEnd
                ? Ends(950 + (fact.Time * 3), (fact.Partition % 3, fact.Offset))
                : Commits(2000, new CommitGauge("g" + (fact.Partition % 2), fact.Partition % 3, fact.Offset, -1, 950 + (fact.Time * 3))))
            .ToArray();
        var shuffled = reports.ToArray();
        new Random(seed).Shuffle(shuffled);
        Assert.Equal(Lags(7, reports), Lags(7, shuffled));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Book_TellsTheLastOfEachOnce_AndWhatIsTheSameAgainWithTheNextNews()
    {
        var book = new CommitBook();
        Assert.True(book.Note(new CommitGauge("g", 0, 1, 5, 1)));
        Assert.True(book.Note(new CommitGauge("g", 0, 2, 5, 2)));
        Assert.Equal([new CommitGauge("g", 0, 2, 5, 2)], book.Take().Commits);
        Assert.Empty(book.Take().Commits);
        Assert.False(book.Note(new CommitGauge("g", 0, 2, 6, 3)));
        Assert.False(book.HasNews);
        Assert.True(book.Note(new CommitGauge("a", 0, 2, 6, 4)));
        Assert.True(book.HasNews);
        Assert.Equal([new CommitGauge("a", 0, 2, 6, 4), new CommitGauge("g", 0, 2, 6, 3)], book.Take().Commits);
        Assert.False(book.HasNews);
    }

    [Fact]
    public void Book_OfMoreGroupsThanItHolds_SaysHowManyCommitsItLeftOut_AndHasPlaceAgain()
    {
        var book = new CommitBook();
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < CommitBook.MaxKept + 7; i++)
                Assert.True(book.Note(new CommitGauge($"{round}-{i}", 0, 1, 5, 1)));
            var (commits, leftOut) = book.Take();
            Assert.Equal((CommitBook.MaxKept, 7), (commits.Count, leftOut));
        }
    }

    /// <summary>With the longest names, in the letters that take the most place.</summary>
    [Theory]
    [InlineData('"')]
    [InlineData('語')]
    [InlineData('a')]
    public void Report_WithAsManyCommitsAsOneHolds_FitsInABatch(char letter)
    {
        var name = new string(letter, 240);
        var report = Commits(2000, [.. Enumerable.Range(0, ActivityReport.MaxCommits).Select(i => new CommitGauge(name + i, int.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue))]);
        Assert.InRange(report.Encode().Length, 100_000, PendingReports.MaxBatchBytes);
    }

    [Theory]
    [InlineData("""[]""")]
    [InlineData("""{"g":1}""")]
    [InlineData("""{"g":[[0,1,2]]}""")]
    [InlineData("""{"g":[[-1,1,2,3]]}""")]
    [InlineData("""{"g":[[0,-2,2,3]]}""")]
    [InlineData("""{"g":[[0,1,2,"x"]]}""")]
    public void Report_WithCommitsThatAreNone_IsPassedOver(string commits) => Assert.Null(ActivityReport.Decode(System.Text.Encoding.UTF8.GetBytes(
        $$"""{"v":1,"id":"11111111111111111111111111111111","by":"11111111111111111111111111111111","from":1,"to":2,"in":[1,1],"out":[1,1],"ops":[1,1,1],"p":[],"c":{{commits}}}""")));
}
