using ManagedLog.Simulation.Judging;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>What clients were told, against a log that was written by hand: each broken promise is recognised, and a kept one is not accused.</summary>
public sealed class JudgeTests
{
    private static readonly LogKey s_log = new("topic", 0);
    private readonly List<Attempt> _attempts = [];

    [Fact]
    public void History_InWhichEveryPromiseIsKept_IsSound()
    {
        Sent("a").Acknowledge(0, 2);
        Sent("b").Fail(2);
        Sent("c").LeaveUnknown(2);
        Sent("d").LeaveUnknown(2);
        Sent("e");

        Assert.Empty(Check(Image("a", "d", "e")));
    }

    [Fact]
    public void Acknowledged_ThatDoesNotStand_IsFound()
    {
        Sent("a").Acknowledge(0, 2);
        Sent("b").Acknowledge(1, 2);

        Assert.Equal(["I4"], Check(Image("a")));
    }

    [Fact]
    public void Acknowledged_WhereAnotherBatchStands_IsFound()
    {
        Sent("a").Acknowledge(1, 2);
        Sent("b").Acknowledge(0, 2);

        Assert.Equal(["I4", "I4"], Check(Image("a", "b")));
    }

    [Fact]
    public void Acknowledged_TwiceForOnePlace_IsFound()
    {
        Sent("same").Acknowledge(0, 2);
        Sent("same").Acknowledge(0, 2);

        Assert.Equal(["I6"], Check(Image("same")));
    }

    [Fact]
    public void Acknowledged_TwiceWithPlacesOfTheirOwn_IsSound()
    {
        Sent("same").Acknowledge(0, 2);
        Sent("same").Acknowledge(1, 2);

        Assert.Empty(Check(Image("same", "same")));
    }

    [Fact]
    public void Acknowledged_OnceButStandingTwice_IsFound()
    {
        Sent("a").Acknowledge(0, 2);

        Assert.Equal(["I6"], Check(Image("a", "a")));
    }

    [Fact]
    public void Failed_ThatStands_IsFound()
    {
        Sent("a").Fail(2);

        Assert.Equal(["I5"], Check(Image("a")));
    }

    [Fact]
    public void Failed_ThenAcknowledgedAgain_MayStandOnce()
    {
        Sent("a").Fail(2);
        Sent("a", startedAt: 3).Acknowledge(0, 4);

        Assert.Empty(Check(Image("a")));
        Assert.Equal(["I6"], Check(Image("a", "a")));
    }

    [Fact]
    public void Unknown_ThatStandsTwice_IsFound()
    {
        Sent("a").LeaveUnknown(2);

        Assert.Equal(["I6"], Check(Image("a", "a")));
    }

    [Fact]
    public void Batch_ThatNobodySent_IsFound() => Assert.Equal(["I3"], Check(Image("a")));

    [Fact]
    public void Acknowledged_BeforeOneThatBeganAfterIt_IsFound()
    {
        Sent("a", startedAt: 1).Acknowledge(1, 2);
        Sent("b", startedAt: 3).Acknowledge(0, 4);

        Assert.Equal(["I9"], Check(Image("b", "a")));
    }

    [Fact]
    public void Acknowledged_AtTheSameTimeAsAnother_MayStandInAnyOrder()
    {
        Sent("a", startedAt: 1).Acknowledge(1, 3);
        Sent("b", startedAt: 2).Acknowledge(0, 4);

        Assert.Empty(Check(Image("b", "a")));
    }

    [Fact]
    public void Acknowledged_ByDifferentIncarnations_MayHaveTheSameOffset()
    {
        Sent("a").Acknowledge(0, 2);
        Sent("b", startedAt: 3).Acknowledge(0, 4);

        Assert.Empty(Check(Image("a"), Image("b")));
        Assert.Equal(["I4", "I6"], Check(Image("a"), Image()));
    }

    [Fact]
    public void Seen_WhereNothingOrSomethingElseStands_IsFound()
    {
        var history = new History();
        Assert.Null(history.See(LogForge.Partition, 0, Key("a")));
        Assert.Null(history.See(LogForge.Partition, 0, Key("a")));
        Assert.Null(history.See(LogForge.Partition, 1, Key("b")));

        Assert.Empty(Judge.CheckSeen(history.SeenOf(LogForge.Partition), Image("a", "b")));
        Assert.Equal(["I10"], Invariants(Judge.CheckSeen(history.SeenOf(LogForge.Partition), Image("a"))));
        Assert.Equal(["I3"], Invariants(Judge.CheckSeen(history.SeenOf(LogForge.Partition), Image("a", "c"))));
    }

    [Fact]
    public void Seen_AsTwoValuesAtOneOffset_IsFound()
    {
        var history = new History();
        history.See(LogForge.Partition, 0, Key("a"));

        Assert.Equal("I3", history.See(LogForge.Partition, 0, Key("b"))?.Invariant);
    }

    [Fact]
    public void Deletion_AfterWhichTheLogGrowsOrStaysOpen_IsFound()
    {
        var buried = Image("a") with { Tail = TailState.Sealed };

        Assert.Empty(Judge.CheckDeletion(buried, buried));
        Assert.Equal(["I5"], Invariants(Judge.CheckDeletion(buried, Image("a", "b") with { Tail = TailState.Full })));
        Assert.Equal(["I5"], Invariants(Judge.CheckDeletion(buried, Image("a"))));
    }

    [Fact]
    public void Served_AsItStands_IsSound() => Assert.Empty(Judge.CheckServed(Image("a", "b"), Bytes("a", "b"), "i0"));

    [Fact]
    public void Served_WithoutTheEnd_IsFound() => Assert.Equal(["I4"], Invariants(Judge.CheckServed(Image("a", "b"), Bytes("a"), "i0")));

    [Fact]
    public void Served_BeyondTheEnd_IsFound() => Assert.Equal(["I10"], Invariants(Judge.CheckServed(Image("a"), Bytes("a", "b"), "i0")));

    [Fact]
    public void Served_AsSomethingElse_IsFound() => Assert.Equal(["I3"], Invariants(Judge.CheckServed(Image("a", "b"), Bytes("a", "c"), "i0")));

    [Fact]
    public void Served_FromTheLogStartOn_IsSound()
    {
        var image = Images.Of("a", "b", "c") with { Head = Images.Head(active: 3, start: 1) };

        Assert.Empty(Judge.CheckServed(image, Images.Bytes("a", "b", "c")[1..], "i0"));
        Assert.Equal(["I3"], Invariants(Judge.CheckServed(image, Images.Bytes("a", "b", "c"), "i0")));
    }

    [Theory]
    [InlineData(1000, 1000L, 0, null)]
    [InlineData(1001, 1000L, 0, "I12")]
    [InlineData(1001, 1001L, 1, null)]
    [InlineData(1001, 1002L, 2, "I12")]
    [InlineData(1001, null, 3, "I12")]
    [InlineData(1003, null, 3, null)]
    [InlineData(1003, null, 2, "I12")]
    public void Time_OfTheFirstRecordAtOrAfter_IsSoundAndOfAnyOtherIsFound(long asked, long? answered, long offset, string? invariant)
    {
        var image = Images.Timed(1000, 1001, 1002);

        Assert.Equal(invariant is null ? [] : [invariant], Invariants(Judge.CheckTime(image, asked, new OffsetAtTime(offset, answered), knownEnd: 3, "i0")).Distinct());
    }

    [Fact]
    public void Time_OfARecordBelowTheLogStart_IsNotMissed() =>
        Assert.Empty(Judge.CheckTime(Images.Timed(1005, 1001, 1002) with { Head = Images.Head(active: 3, start: 1) }, 1002, new OffsetAtTime(2, 1002), knownEnd: 3, "i0"));

    private Attempt Sent(string value, long startedAt = 1)
    {
        var attempt = new Attempt(_attempts.Count + 1, s_log, Key(value), 1, startedAt);
        _attempts.Add(attempt);
        return attempt;
    }

    private IEnumerable<string> Check(params LogImage[] incarnations) => Invariants(Judge.CheckHistory(s_log, _attempts, incarnations));

    private static IEnumerable<string> Invariants(IEnumerable<Violation> violations) => violations.Select(v => v.Invariant);

    private static ContentKey Key(string value) => Images.Key(value);

    private static List<ReadOnlyMemory<byte>> Bytes(params string[] values) => Images.Bytes(values);

    private static LogImage Image(params string[] values) => Images.Of(values);
}
