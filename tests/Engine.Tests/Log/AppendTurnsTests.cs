using ManagedLog.Engine.Log;
using ManagedLog.Testing;

namespace ManagedLog.Engine.Tests.Log;

public sealed class AppendTurnsTests
{
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(8);

    private readonly ManualTimeProvider _time = new();

    /// <summary>Own id 20; a turn takes 8 ms: 6 to append and 2 to read.</summary>
    private AppendTurns Started(params long[] others)
    {
        var turns = new AppendTurns(_time);
        for (var i = 0; i < 100; i++)
        {
            turns.Appended(20, TimeSpan.FromMilliseconds(6));
            turns.Looked(TimeSpan.FromMilliseconds(2));
        }

        foreach (var _ in (int[])[1, 2])
        {
            turns.Appended(20, TimeSpan.FromMilliseconds(6));
            foreach (var other in others)
                turns.Saw(other);
        }

        return turns;
    }

    private static void Equal(TimeSpan expected, TimeSpan? actual) => Assert.InRange((actual!.Value - expected).TotalMilliseconds, -0.1, 0.1);

    [Fact]
    public void Instance_Alone_NeverWaits()
    {
        var turns = Started();
        Assert.Null(turns.Wait());
    }

    [Fact]
    public void Instance_ThatMeetsAnotherOnce_DoesNotTakeItForOneThatGoesOn()
    {
        var turns = Started();
        turns.Saw(30);
        turns.Saw(30);
        turns.Saw(30);
        Assert.Null(turns.Wait());
    }

    [Fact]
    public void Instance_ThatWasRefused_TakesWhoeverItReadsThenForOneThatGoesOn()
    {
        var turns = Started();
        turns.Refused();
        turns.Saw(30);
        Equal(TimeSpan.Zero, turns.Wait());
        turns.Appended(20, TimeSpan.FromMilliseconds(6));
        Equal(Turn, turns.Wait());
        _time.Advance(AppendTurns.Window + TimeSpan.FromMilliseconds(1));
        Assert.Null(turns.Wait());
    }

    [Fact]
    public void Instance_ThatWasRefusedAndHasAppendedSince_DoesNotTakeEverybodyForOneThatGoesOn()
    {
        var turns = Started();
        turns.Refused();
        turns.Appended(20, TimeSpan.FromMilliseconds(6));
        turns.Saw(30);
        Assert.Null(turns.Wait());
    }

    [Fact]
    public void Instance_ThatReadsThePast_BeforeItHasAppended_TakesNobodyForAWriter()
    {
        var turns = new AppendTurns(_time);
        foreach (var id in (long[])[30, 40, 30, 40])
            turns.Saw(id);
        turns.Appended(20, Turn);
        Assert.Null(turns.Wait());
    }

    [Theory]
    [InlineData(30, 2)]
    [InlineData(40, 1)]
    [InlineData(10, 0)]
    [InlineData(20, 3)]
    public void Turn_GoesRoundByIds_AndIsAwaitedForAsManyTurnsAsComeBefore(long last, int turnsBefore)
    {
        var turns = Started(30, 40, 10);
        if (last == 20)
            turns.Appended(20, TimeSpan.FromMilliseconds(6));
        else
            turns.Saw(last);
        Equal(Turn * turnsBefore, turns.Wait());
    }

    [Fact]
    public void Wait_EndsWhenTheTimeOfThoseBeforeHasPassed()
    {
        var turns = Started(30, 40);
        turns.Saw(30);
        Equal(Turn, turns.Wait());
        _time.Advance(TimeSpan.FromMilliseconds(5));
        Equal(TimeSpan.FromMilliseconds(3), turns.Wait());
        _time.Advance(TimeSpan.FromMilliseconds(5));
        Equal(TimeSpan.Zero, turns.Wait());
    }

    [Fact]
    public void Others_ThatHaveStopped_AreForgotten()
    {
        var turns = Started(30, 40);
        _time.Advance(AppendTurns.Window + TimeSpan.FromMilliseconds(1));
        Assert.Null(turns.Wait());
    }

    [Fact]
    public void Wait_WhenAppendsTakeVeryLong_IsBounded()
    {
        var turns = Started(30, 40, 50);
        for (var i = 0; i < 100; i++)
            turns.Appended(20, TimeSpan.FromSeconds(5));
        Equal(AppendTurns.LongestWait, turns.Wait());
    }
}
