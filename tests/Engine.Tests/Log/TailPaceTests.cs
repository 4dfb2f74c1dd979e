using ManagedLog.Engine.Log;

namespace ManagedLog.Engine.Tests.Log;

public class TailPaceTests
{
    private static readonly EngineOptions Options = new();

    private readonly TailPace _pace = new(Options);

    [Fact]
    public void Pace_WhenNothingEverCame_DoublesUpToTheLongestInterval()
    {
        _pace.Begin();
        Assert.Equal([10, 20, 40, 80, 160, 320, 640, 1000, 1000], Intervals(9));
    }

    [Fact]
    public void Pace_AfterAnArrival_BeginsAgainAtTheLeastInterval()
    {
        _pace.Begin();
        Intervals(9);
        _pace.Note(found: true, TimeSpan.FromSeconds(1));
        Assert.Equal([10, 20, 40], Intervals(3));
    }

    [Theory]
    [InlineData(100, 25)]
    [InlineData(400, 25)]
    [InlineData(1600, 100)]
    [InlineData(8000, 500)]
    [InlineData(60000, 1000)]
    public void Pace_WhileArrivalsKeepComing_LooksAtLeastSixteenTimesBetweenTwo(int gap, int longest)
    {
        _pace.Begin();
        Arrive(gap, times: 20);
        Assert.Equal(longest, Intervals(10).Max());
    }

    [Fact]
    public void Pace_WhenItIsQuietForMuchLongerThanUsual_BacksOff()
    {
        _pace.Begin();
        Arrive(gap: 400, times: 20);
        var quiet = 0.0;
        while (_pace.Interval.TotalMilliseconds <= 25)
            quiet += Intervals(1)[0];
        Assert.InRange(quiet, 8 * 400, (8 * 400) + 50);
        Assert.Equal(1000, Intervals(10)[^1]);
    }

    [Fact]
    public void Pace_WhenRecordsComeFasterThanBefore_FollowsWithinAFew()
    {
        _pace.Begin();
        Arrive(gap: 16_000, times: 20);
        Arrive(gap: 400, times: 16);
        Assert.InRange(Intervals(8).Max(), 25, 40);
    }

    [Fact]
    public void Pace_WhenWatchingBeginsAgain_DoesNotTakeTheTimeWithoutAWatcherForAGap()
    {
        _pace.Begin();
        Arrive(gap: 400, times: 20);
        _pace.Begin();
        _pace.Note(found: true, TimeSpan.FromHours(1));
        Assert.Equal(25, Intervals(5).Max());
    }

    /// <summary>Looks that find nothing, and the intervals before each.</summary>
    private List<double> Intervals(int looks)
    {
        var intervals = new List<double>();
        for (var i = 0; i < looks; i++)
        {
            intervals.Add(_pace.Interval.TotalMilliseconds);
            _pace.Note(found: false, _pace.Interval);
        }

        return intervals;
    }

    private void Arrive(int gap, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var left = TimeSpan.FromMilliseconds(gap);
            while (left > _pace.Interval)
            {
                left -= _pace.Interval;
                _pace.Note(found: false, _pace.Interval);
            }

            _pace.Note(found: true, left);
        }
    }
}
