using ManagedLog.Engine.Log;
using ManagedLog.Testing;

namespace ManagedLog.Engine.Tests.Log;

public sealed class BlockPaceTests
{
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(5);

    private readonly ManualTimeProvider _time = new();
    private readonly BlockPace _pace;

    public BlockPaceTests() => _pace = new BlockPace(_time, Linger);

    private void Append(double milliseconds, int answered, int waiting)
    {
        _pace.Begin();
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        _pace.End(answered, waiting);
    }

    private static void Equal(double milliseconds, TimeSpan actual) => Assert.Equal(milliseconds, actual.TotalMilliseconds, 0.01);

    [Fact]
    public void FirstBlock_IsDueAtOnce_AndGathersNobody()
    {
        Equal(0, _pace.UntilDue(Linger));
        Equal(0, _pace.UntilGathered(Linger));
    }

    [Fact]
    public void Block_AfterAShortAppend_IsDueWhenTheLingerHasPassedSinceTheLastOneBegan()
    {
        Append(2, 1, 0);
        Equal(3, _pace.UntilDue(Linger));
        _time.Advance(TimeSpan.FromMilliseconds(3));
        Equal(0, _pace.UntilDue(Linger));
    }

    [Theory]
    [InlineData(8, 4)]
    [InlineData(10, 5)]
    [InlineData(100, 5)]
    public void Block_AfterALongAppend_GathersForHalfOfIt_ButNoLongerThanTheLinger(double append, double patience)
    {
        Append(append, 30, 20);
        Assert.True(_pace.UntilDue(Linger) <= TimeSpan.Zero);
        Equal(patience, _pace.UntilGathered(Linger));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Equal(patience - 1, _pace.UntilGathered(Linger));
    }

    [Fact]
    public void Block_WithoutLinger_GathersNobody()
    {
        Append(100, 30, 20);
        Assert.True(_pace.UntilGathered(TimeSpan.Zero) <= TimeSpan.Zero);
    }

    [Fact]
    public void Block_ThatWasGatheredFor_IsWholeWithThoseAnsweredAndThoseThatCameMeanwhile()
    {
        Append(8, 30, 20);
        Assert.Equal(50, _pace.Expected);
    }

    [Theory]
    [InlineData(8, 8)]
    [InlineData(300, 100)]
    public void Block_AfterOneThatWasGatheredForInVain_GathersNobodyForAWhile_AndThenForAsLongAsAnAppend(double append, double pause)
    {
        Append(append, 30, 20);
        _pace.Gathered(20 + 14);
        for (var block = 1; block < BlockPace.BlocksWithoutGathering; block++)
        {
            Append(append, 30, 20);
            Equal(0, _pace.UntilGathered(Linger));
        }

        Append(append, 30, 20);
        Equal(pause, _pace.UntilGathered(Linger));
    }

    [Fact]
    public void Block_AfterOneThatHalfOfThoseAnsweredCameBackFor_IsGatheredForAsBefore()
    {
        Append(8, 30, 20);
        _pace.Gathered(20 + 15);
        Append(8, 30, 20);
        Equal(4, _pace.UntilGathered(Linger));
    }
}
