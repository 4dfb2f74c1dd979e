using ManagedLog.Proof.History.Events;
using ManagedLog.Proof.History.Judging;
using ManagedLog.Proof.Rest;

namespace ManagedLog.Local.Tests.Proof.History;

/// <summary>Each anomaly, placed in a small history, must be found under its name; and what the clients cannot know must not be held against the log.</summary>
public sealed class HistoryJudgeTests
{
    private readonly HistoryBuilder _history = new();

    [Fact]
    public void Judge_WhenEverythingFits_FindsNothing()
    {
        var send = _history.Acknowledged("a", 0).Read(0, 1, "a").Failed("x").Begin(ProducerKind.Plain, 100, "b", "c");
        _history.Read(1, 3, "b", "c").End(send, ProduceOutcome.Acknowledged, 1, 2).Fault().Acknowledged("d", 3).ReadFromTime(2, 4, HistoryBuilder.Follow(2, ["c", "d"]));

        AssertFinds([], _history.Pass("a", "b", "c", "d"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Judge_WhenAnOutcomeIsUnknown_TakesBoth(bool itHappened) =>
        AssertFinds([], _history.Acknowledged("a", 0).Unknown("b", "c").Pass(itHappened ? ["a", "b", "c"] : ["a"]));

    [Fact]
    public void Judge_WhenAnUnknownOneLandsAfterAllElse_TakesIt() => AssertFinds([], _history.Unknown("b").Acknowledged("a", 0).Pass("a").Pass("a", "b"));

    [Fact]
    public void Judge_WhenARequestWasNeverAnswered_TakesItForUnknown()
    {
        _history.Begin(ProducerKind.Plain, 100, "a");
        AssertFinds([], _history.Pass("a"));
    }

    [Fact]
    public void Judge_WhenRetentionRemovedIt_MissesNothing()
    {
        var history = new HistoryBuilder(mayShrink: true).Acknowledged("a", 0).Acknowledged("b", 1).Read(0, 2, "a", "b").Acknowledged("c", 2);
        AssertFinds([], history.Refused(0, logStart: 2).Pass(2, "c"));
    }

    [Fact]
    public void Judge_WhenAnAcknowledgedRecordIsMissing_FindsItLost() => AssertFinds([AnomalyKind.Lost], _history.Acknowledged("a", 0).Acknowledged("b", 1).Pass("a"));

    [Fact]
    public void Judge_WhenTheLogBeginsLaterThoughNothingRemoves_FindsItLost() => AssertFinds([AnomalyKind.Lost], _history.Acknowledged("a", 0).Pass(1));

    [Fact]
    public void Judge_WhenAnAcknowledgedRecordWasReplaced_FindsItLostAtAWrongOffset() =>
        AssertFinds([AnomalyKind.Lost, AnomalyKind.WrongOffset], _history.Unknown("b").Acknowledged("a", 0).Pass("b"));

    [Fact]
    public void Judge_WhenARecordStandsTwice_FindsItDuplicated() => AssertFinds([AnomalyKind.Duplicated], _history.Acknowledged("a", 0).Pass("a", "a"));

    [Fact]
    public void Judge_WhenAnUnknownRecordStandsTwice_FindsItDuplicated() => AssertFinds([AnomalyKind.Duplicated], _history.Unknown("a").Pass("a", "a"));

    [Fact]
    public void Judge_WhenARetryIsAcknowledgedAtAnotherOffset_FindsIt()
    {
        _history.End(_history.Begin(ProducerKind.Keyed, 7, "a"), ProduceOutcome.Acknowledged, 0);
        _history.End(_history.Begin(ProducerKind.Keyed, 7, "a"), ProduceOutcome.Acknowledged, 1);
        AssertFinds([AnomalyKind.WrongOffset, AnomalyKind.Duplicated], _history.Pass("a", "a"));
    }

    [Fact]
    public void Judge_WhenARecordStandsBeforeOneThatItsProducerHadAcknowledged_FindsItReordered() =>
        AssertFinds([AnomalyKind.Reordered], _history.Acknowledged("a", 1).Acknowledged("b", 0).Pass("b", "a"));

    [Fact]
    public void Judge_WhenARecordStandsBeforeOneThatWasReadBeforeItWasSent_FindsItReordered()
    {
        var first = _history.Begin(ProducerKind.Plain, 100, "a");
        _history.Read(1, 2, "a").Acknowledged("b", 0).End(first, ProduceOutcome.Unknown);
        AssertFinds([AnomalyKind.Reordered], _history.Pass("b", "a"));
    }

    [Fact]
    public void Judge_WhenTheRecordsOfARequestAreNotInTheirOrder_FindsThemReordered() => AssertFinds([AnomalyKind.Reordered], _history.Unknown("a", "b").Pass("b", "a"));

    [Fact]
    public void Judge_WhenAStreamIsAcknowledgedOutOfOrder_FindsItReordered()
    {
        var (first, second) = (_history.Begin(ProducerKind.Streamed, 100, "a"), _history.Begin(ProducerKind.Streamed, 101, "b"));
        _history.End(first, ProduceOutcome.Acknowledged, 1).End(second, ProduceOutcome.Acknowledged, 0);
        AssertFinds([AnomalyKind.Reordered], _history.Pass("b", "a"));
    }

    [Fact]
    public void Judge_WhenNobodyWroteIt_FindsItChanged() => AssertFinds([AnomalyKind.Changed], _history.Acknowledged("a", 0).Pass("a", "b"));

    [Fact]
    public void Judge_WhenATimestampIsAnother_FindsItChanged() =>
        AssertFinds([AnomalyKind.Changed], _history.Acknowledged("a", 0).Read(0, 1, null, [new ReadRecord(0, "a", 5)]).Pass("a"));

    [Fact]
    public void Judge_WhenOnlyAPartOfARequestIsThere_FindsItTorn() => AssertFinds([AnomalyKind.Torn], _history.Acknowledged("a", 0).Unknown("b", "c").Pass("a", "b"));

    [Fact]
    public void Judge_WhenAnOffsetIsLeftOut_FindsTheGap() =>
        AssertFinds([AnomalyKind.Gap], _history.Acknowledged("a", 0).Acknowledged("b", 2).Read(0, 3, "pass", [new(0, "a", 0), new(2, "b", 2)]).Read(3, 3, "pass", []));

    [Fact]
    public void Judge_WhenAReadGivesNothingBelowTheHighWatermark_FindsTheGap() => AssertFinds([AnomalyKind.Gap], _history.Acknowledged("a", 0).Read(0, 1).Pass("a"));

    [Fact]
    public void Judge_WhenARecordThatWasReadIsNotThereInTheEnd_FindsItReadBeforeCommitted() => AssertFinds(
        [AnomalyKind.ReadBeforeCommitted, AnomalyKind.NonMonotonic], _history.Acknowledged("a", 0).Unknown("b").Read(1, 2, "b").Pass("a"));

    [Fact]
    public void Judge_WhenARecordThatWasReadMoved_FindsItReadBeforeCommitted() => AssertFinds(
        [AnomalyKind.ReadBeforeCommitted, AnomalyKind.Duplicated, AnomalyKind.Changed],
        _history.Unknown("b").Unknown("a").Read(0, 1, "b").Pass("a", "b"));

    [Fact]
    public void Judge_WhenARecordAboveTheHighWatermarkIsGiven_FindsItReadBeforeCommitted() =>
        AssertFinds([AnomalyKind.ReadBeforeCommitted], _history.Acknowledged("a", 0).Read(0, 0, "a").Pass("a"));

    [Fact]
    public void Judge_WhenTheHighWatermarkGoesBack_FindsIt() =>
        AssertFinds([AnomalyKind.NonMonotonic], _history.Acknowledged("a", 0).Acknowledged("b", 1).Read(0, 2, "a", "b").Read(0, 1, "a").Pass("a", "b"));

    [Fact]
    public void Judge_WhenTheLogStartGoesBack_FindsIt()
    {
        var history = new HistoryBuilder(mayShrink: true).Acknowledged("a", 0).Acknowledged("b", 1).Read(1, 2, null, HistoryBuilder.Follow(1, ["b"]), logStart: 1);
        AssertFinds([AnomalyKind.NonMonotonic], history.Pass("a", "b"));
    }

    [Fact]
    public void Judge_WhenAReaderGetsWhatItHadAlready_FindsIt() =>
        AssertFinds([AnomalyKind.NonMonotonic], _history.Acknowledged("a", 0).Acknowledged("b", 1).Read(1, 2, null, HistoryBuilder.Follow(0, ["a", "b"])).Pass("a", "b"));

    [Fact]
    public void Judge_WhenAnOffsetThatWasReachedIsOutOfRange_FindsIt() =>
        AssertFinds([AnomalyKind.NonMonotonic], _history.Acknowledged("a", 0).Refused(1, logStart: 0).Pass("a"));

    [Fact]
    public void Judge_WhenATimeIsLookedUpTooLate_FindsTheWrongStart() =>
        AssertFinds([AnomalyKind.WrongStart], _history.Acknowledged("a", 0).Acknowledged("b", 1).ReadFromTime(0, 2, HistoryBuilder.Follow(1, ["b"])).Pass("a", "b"));

    [Fact]
    public void Judge_WhenATimeIsLookedUpTooEarly_FindsTheWrongStart() =>
        AssertFinds([AnomalyKind.WrongStart], _history.Acknowledged("a", 0).Acknowledged("b", 1).ReadFromTime(1, 2, HistoryBuilder.Follow(0, ["a", "b"])).Pass("a", "b"));

    [Fact]
    public void Judge_WhenARecordCameAfterATimeWasLookedUp_TakesIt() =>
        AssertFinds([], _history.Unknown("a").ReadFromTime(9, 1, HistoryBuilder.Follow(0, ["a"])).Pass("a"));

    [Fact]
    public void Judge_WhenARecordStandsElsewhereThanWasTold_FindsTheWrongOffset() =>
        AssertFinds([AnomalyKind.WrongOffset], _history.Unknown("b").Acknowledged("a", 0).Pass("b", "a"));

    [Fact]
    public void Judge_WhenOneOffsetIsToldForTwoRecords_FindsTheWrongOffset()
    {
        var history = new HistoryBuilder(mayShrink: true);
        var (first, second) = (history.Begin(ProducerKind.Plain, 100, "a"), history.Begin(ProducerKind.Plain, 101, "b"));
        AssertFinds([AnomalyKind.WrongOffset], history.End(first, ProduceOutcome.Acknowledged, 0).End(second, ProduceOutcome.Acknowledged, 0).Pass(1));
    }

    [Fact]
    public void Judge_WhenARecordIsThereThatWasReportedAsFailed_FindsIt() => AssertFinds([AnomalyKind.FailedButRead], _history.Failed("a").Pass("a"));

    [Fact]
    public void Judge_WhenARetryFailsAfterAnUnknownOutcome_TakesTheRecord()
    {
        _history.End(_history.Begin(ProducerKind.Keyed, 7, "a"), ProduceOutcome.Unknown);
        _history.End(_history.Begin(ProducerKind.Keyed, 7, "a"), ProduceOutcome.Refused);
        _history.End(_history.Begin(ProducerKind.Keyed, 7, "a"), ProduceOutcome.Acknowledged, 0);
        AssertFinds([], _history.Pass("a"));
    }

    [Fact]
    public void Judge_WhenASequenceIsRefused_FindsIt()
    {
        _history.EndRefused(_history.Begin(ProducerKind.Numbered, 7, "a"), status: 409);
        _history.End(_history.Begin(ProducerKind.Numbered, 7, "a"), ProduceOutcome.Acknowledged, 0);
        AssertFinds([AnomalyKind.SequenceRefused], _history.Pass("a"));
    }

    [Fact]
    public void Judge_WhenAProducerThatKeepsTryingNeverSucceeds_FindsItStuck()
    {
        _history.End(_history.Begin(ProducerKind.Keyed, 7, "a"), ProduceOutcome.Unknown);
        AssertFinds([AnomalyKind.Stuck], _history.Pass("a"));
    }

    [Fact]
    public void Judge_WhenNothingIsAcknowledgedAfterTheLastFault_FindsItStuck() => AssertFinds([AnomalyKind.Stuck], _history.Acknowledged("a", 0).Fault().Pass("a"));

    [Fact]
    public void Judge_WhenAnInstanceReportsWhatMustNotBe_FindsItBroken() =>
        AssertFinds([AnomalyKind.Broken], _history.Acknowledged("a", 0).Broken("Partition x is stopped.").Pass("a"));

    [Fact]
    public void Judge_WithoutAPassToTheEnd_SaysThatNothingIsKnown() =>
        AssertFinds([AnomalyKind.Unread], _history.Acknowledged("a", 0).Acknowledged("b", 1).Read(0, 2, "pass", HistoryBuilder.Follow(0, ["a"])));

    private static void AssertFinds(AnomalyKind[] expected, HistoryBuilder history) =>
        Assert.Equal(expected.Order(), history.Judge().Select(static anomaly => anomaly.Kind).Distinct().Order());
}
