using FsCheck;
using FsCheck.Fluent;
using ManagedLog.Engine.Insight;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Tests.Insight;

public class HistoryRuleTests
{
    private static readonly TopicId Topic = new(Guid.Parse("11111111111111111111111111111111"));

    private static ActivityReport Report(long from, long to, long amount, params PartitionGauge[] gauges) =>
        new(Topic, Guid.Empty, from, to, new ActivityAmounts(amount, amount * 100, amount / 2, 0, 1, amount, 3), gauges);

    [Fact]
    public void Report_IsReadAsItWasWritten() => Prop.ForAll<uint, uint, long[]>((from, length, numbers) =>
    {
        var amounts = numbers.Concat(new long[7]).Select(number => number & long.MaxValue).ToArray();
        var report = new ActivityReport(
            Topic,
            Guid.NewGuid(),
            from,
            from + (long)length,
            new ActivityAmounts(amounts[0], amounts[1], amounts[2], amounts[3], amounts[4], amounts[5], amounts[6]),
            [.. amounts.Select((number, i) => new PartitionGauge(i, number, number, number))])
        {
            Commits = [.. amounts.SelectMany((number, i) => new[] { new CommitGauge("a\"<é" + i, 0, number, -1, number), new CommitGauge("a\"<é" + i, 1, -1, number, number) })],
            CommitsLeftOut = amounts[0],
        };
        var read = ActivityReport.Decode(report.Encode());
        Assert.Equal(report with { Partitions = [], Commits = [] }, read! with { Partitions = [], Commits = [] });
        Assert.Equal(report.Partitions, read.Partitions);
        Assert.Equal(report.Commits, read.Commits);
    }).QuickCheckThrowOnFailure();

    /// <summary>However many there are, none is left out, and each batch is one that the topic takes.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(1_000, 1)]
    [InlineData(20_000, 8)]
    public void Pending_HoldsAllReportsInAsFewBatchesAsFit(int reports, int atMost)
    {
        var pending = PendingReports.Of(Enumerable.Range(0, reports).Select(i => ($"topic-{i}", Report(1000, 2000, i)))).ToList();
        Assert.InRange(pending.Count, Math.Min(reports, 1), atMost);
        Assert.Equal(reports, pending.Sum(batch => batch.Count));
        foreach (var batch in pending)
        {
            var built = batch.Build(new ProducerIdentity(7, 0), 5);
            Assert.InRange(built.Length, 1, PendingReports.MaxBatchBytes);
            Assert.Equal(built.ToArray(), batch.Build(new ProducerIdentity(7, 0), 5).ToArray());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("{}")]
    [InlineData("""{"v":2,"id":"11111111111111111111111111111111","by":"11111111111111111111111111111111","from":1,"to":2,"in":[1,1],"out":[1,1],"ops":[1,1,1],"p":[]}""")]
    [InlineData("""{"v":1,"id":"11111111111111111111111111111111","by":"11111111111111111111111111111111","from":1,"to":2,"in":[1,-1],"out":[1,1],"ops":[1,1,1],"p":[]}""")]
    [InlineData("""{"v":1,"id":"11111111111111111111111111111111","by":"11111111111111111111111111111111","from":3,"to":2,"in":[1,1],"out":[1,1],"ops":[1,1,1],"p":[]}""")]
    [InlineData("""{"v":1,"id":"11111111111111111111111111111111","by":"11111111111111111111111111111111","from":1,"to":2,"in":[1],"out":[1,1],"ops":[1,1,1],"p":[]}""")]
    [InlineData("""{"v":1,"id":"11111111111111111111111111111111","by":"11111111111111111111111111111111","from":1,"to":2,"in":[1,1],"out":[1,1],"ops":[1,1,1],"p":[[1]]}""")]
    public void Report_ThatIsNone_IsPassedOver(string text) => Assert.Null(ActivityReport.Decode(System.Text.Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Report_OfALaterVersionWithMore_IsStillRead() => Assert.NotNull(ActivityReport.Decode(System.Text.Encoding.UTF8.GetBytes(
        """{"v":1,"id":"11111111111111111111111111111111","by":"11111111111111111111111111111111","from":1,"to":2,"in":[1,1],"out":[1,1],"ops":[1,1,1],"p":[],"lag":{"g":3}}""")));

    [Fact]
    public void Report_OfAnyBytes_NeverThrows() => Prop.ForAll<byte[]>(bytes => _ = ActivityReport.Decode(bytes)).QuickCheckThrowOnFailure();

    /// <summary>However time is cut, nothing is counted twice and nothing is lost.</summary>
    [Fact]
    public void Shares_OfAllParts_AddUpToTheReport() => Prop.ForAll<(ushort From, ushort Length), uint, ushort[]>((time, amount, cuts) =>
    {
        var (from, length) = time;
        var report = Report(from, from + length, amount);
        long[] times = [.. cuts.Select(cut => (long)cut).Append(0).Append(from + length + 1).Distinct().Order()];
        var sum = times.Zip(times.Skip(1)).Aggregate(default(ActivityAmounts), (sum, part) => sum + ActivityShare.Between(report, part.First, part.Second));
        Assert.Equal(report.Amounts, sum);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Series_OfAnySteps_AddsUpToWhatWasReported() => Prop.ForAll<ushort[], byte>((times, step) =>
    {
        var series = new HistorySeries(0, step + 1, (200_000 / (step + 1)) + 1);
        var expected = default(ActivityAmounts);
        foreach (var time in times)
        {
            var report = Report(time, time + (time % 700), time);
            series.Add(report);
            expected += report.Amounts;
        }

        var points = series.Points(int.MaxValue, null);
        Assert.Equal(expected, points.Aggregate(default(ActivityAmounts), (sum, point) => sum + point.Amounts));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Series_LeavesOutWhatIsBeforeAndAfter()
    {
        var series = new HistorySeries(1000, 100, 2);
        series.Add(Report(900, 1100, 200));
        series.Add(Report(1150, 1350, 200));
        series.Add(Report(2000, 3000, 200));
        series.Add(Report(0, 900, 200));
        Assert.Equal([(1000L, 100L), (1100L, 50L)], series.Points(10, null).Select(point => (point.Start, point.Amounts.RecordsIn)));
    }

    [Fact]
    public void Series_TakesAPartitionAsItWasLastReported_AndBeforeThatAsItWasFirst()
    {
        var series = new HistorySeries(0, 100, 5);
        series.Add(Report(100, 150, 1, new PartitionGauge(0, 0, 1, 10)));
        series.Add(Report(150, 190, 1, new PartitionGauge(0, 0, 2, 20)));
        series.Add(Report(110, 170, 1, new PartitionGauge(0, 0, 1, 15)));
        series.Add(Report(300, 310, 1, new PartitionGauge(0, 0, 3, 5), new PartitionGauge(9, 0, 3, 500)));
        var bytes = series.Points(5, new Dictionary<int, long> { [0] = 7, [1] = 1000 }).Select(point => point.Bytes);
        Assert.Equal([1020, 1020, 1020, 1005, 1005], bytes);
    }
}
