using ManagedLog.Engine.Metadata.Rows;
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
    public void Succession_ThatOnlyGrows_IsSound() => Assert.Empty(Judge.CheckSuccession(Image("a"), Image("a", "b")));

    [Fact]
    public void Succession_ThatLosesABatch_IsFound() => Assert.Equal(["I4"], Invariants(Judge.CheckSuccession(Image("a", "b"), Image("a"))));

    [Fact]
    public void Succession_ThatReplacesABatch_IsFound() => Assert.Equal(["I3"], Invariants(Judge.CheckSuccession(Image("a", "b"), Image("a", "c"))));

    [Fact]
    public void Succession_ThatChangesTheChain_IsFound()
    {
        var row = new ChainSegmentRow(LogForge.Id(1), 0, 1, 10, 0, 0, "blob");

        Assert.Equal(["I11"], Invariants(Judge.CheckSuccession(Image() with { Chain = [row] }, Image() with { Chain = [row with { EndOffset = 2 }] })));
        Assert.Equal(["I11"], Invariants(Judge.CheckSuccession(Image() with { Chain = [row] }, Image())));
    }

    [Fact]
    public void Succession_WhoseLogStartGoesBack_IsFound()
    {
        var head = new PartitionHeadRow(PartitionState.Open, 0, 0, [0], [0], new ActiveSegmentRef(LogForge.Id(1), 0, 0), 5);

        Assert.Equal(["I13"], Invariants(Judge.CheckSuccession(Image() with { Head = head }, Image() with { Head = head with { LogStartOffset = 4 } })));
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

    private Attempt Sent(string value, long startedAt = 1)
    {
        var attempt = new Attempt(_attempts.Count + 1, s_log, Key(value), 1, startedAt);
        _attempts.Add(attempt);
        return attempt;
    }

    private IEnumerable<string> Check(params LogImage[] incarnations) => Invariants(Judge.CheckHistory(s_log, _attempts, incarnations));

    private static IEnumerable<string> Invariants(IEnumerable<Violation> violations) => violations.Select(v => v.Invariant);

    /// <summary>All of the same time, so that equal values are equal content.</summary>
    private static byte[] Batch(string value, long offset)
    {
        var batch = LogForge.Batch(0, value);
        Protocol.Records.RecordBatchPatch.Place(batch, offset, 0);
        return batch;
    }

    private static ContentKey Key(string value) => ContentKey.Of(Batch(value, 0));

    private static List<ReadOnlyMemory<byte>> Bytes(params string[] values) =>
        [.. values.Select((value, offset) => (ReadOnlyMemory<byte>)Batch(value, offset))];

    private static LogImage Image(params string[] values)
    {
        var batches = Bytes(values).Select(bytes =>
        {
            Protocol.Records.RecordBatchHeader.TryRead(bytes.Span, out var header);
            return new StoredBatch(header, ContentKey.Of(bytes.Span), bytes);
        });
        return new LogImage(LogForge.Partition, null, [], [.. batches], TailState.Open, []);
    }
}
