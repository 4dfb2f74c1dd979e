using ManagedLog.Proof.History.Events;
using ManagedLog.Proof.History.Judging;
using ManagedLog.Proof.Rest;

namespace ManagedLog.Local.Tests.Proof.History;

/// <summary>As <see cref="HistoryJudgeTests"/>, where records share keys and compaction takes away all but the last of each. Labels that begin with a dash are tombstones.</summary>
public sealed class CompactedHistoryTests
{
    private static readonly TimeSpan s_deleteRetention = TimeSpan.FromSeconds(10);

    private readonly HistoryBuilder _history = new(deleteRetentionMs: (long)s_deleteRetention.TotalMilliseconds);

    [Fact]
    public void Judge_WhenOnlyTheLastOfEachKeyIsLeft_FindsNothing() => AssertFinds(
        [], _history.Keyed("k", "a", 0).Keyed("l", "b", 1).Read(0, 2, "a", "b").Keyed("k", "c", 2).Compacted(1).PassOver(3, At(1, "b"), At(2, "c")));

    [Fact]
    public void Judge_WhenNothingWasCompactedYet_FindsNothing() => AssertFinds([], _history.Keyed("k", "a", 0).Keyed("k", "b", 1).Pass("a", "b"));

    [Fact]
    public void Judge_WhenTheLastValueOfAKeyIsMissing_FindsItLost() => AssertFinds(
        [AnomalyKind.Lost, AnomalyKind.Gap], _history.Keyed("k", "a", 0).Keyed("k", "b", 1).Keyed("l", "c", 2).PassOver(3, At(2, "c")));

    [Fact]
    public void Judge_WhenTheLastValueOfAKeyIsMissingAtTheEndOfTheLog_FindsItLost() => AssertFinds(
        [AnomalyKind.Lost, AnomalyKind.Gap], _history.Keyed("l", "c", 0).Keyed("k", "b", 1).PassOver(2, At(0, "c")));

    /// <summary>The judge must not take the later one for gone as well.</summary>
    [Fact]
    public void Judge_WhenAnOlderValueStandsInPlaceOfTheLast_FindsTheLastLost() => AssertFinds(
        [AnomalyKind.Lost, AnomalyKind.Gap], _history.Keyed("k", "a", 0).Keyed("k", "b", 1).PassOver(2, At(0, "a")));

    [Fact]
    public void Judge_WhenALastValueThatWasOnlyReadIsMissing_FindsItReadBeforeCommitted() => AssertFinds(
        [AnomalyKind.ReadBeforeCommitted, AnomalyKind.Gap], _history.Keyed("l", "c", 0).UnknownKeyed(("k", "a")).Read(1, 2, "a").PassOver(2, At(0, "c")));

    [Fact]
    public void Judge_WhenAValueIsAnother_FindsItChanged() => AssertFinds(
        [AnomalyKind.Changed, AnomalyKind.Lost, AnomalyKind.WrongOffset], _history.Keyed("k", "a", 0).PassOver(1, At(0, "A")));

    [Fact]
    public void Judge_WhenATimestampIsAnother_FindsItChanged() =>
        AssertFinds([AnomalyKind.Changed], _history.Keyed("k", "a", 0).Read(0, 1, null, [new ReadRecord(0, "a", 5)]).PassOver(1, At(0, "a")));

    [Fact]
    public void Judge_WhenAnOffsetShowsTwoRecords_FindsItChanged() => AssertFinds(
        [AnomalyKind.Changed, AnomalyKind.Duplicated, AnomalyKind.ReadBeforeCommitted, AnomalyKind.Gap],
        _history.UnknownKeyed(("k", "a")).UnknownKeyed(("k", "b")).Read(0, 2, "a", "b").PassOver(2, At(0, "b")));

    [Fact]
    public void Judge_WhenAReadLeavesOutWhatNothingSupersedes_FindsTheGap() => AssertFinds(
        [AnomalyKind.Gap], _history.Keyed("k", "a", 0).Keyed("l", "b", 1).Read(0, 2, null, [At(1, "b")]).PassOver(2, [At(0, "a"), At(1, "b")], instance: 1));

    /// <summary>What was superseded only later was still to be there.</summary>
    [Fact]
    public void Judge_WhenAReadLeavesOutWhatIsSupersededOnlyAfterIt_FindsTheGap() => AssertFinds(
        [AnomalyKind.Gap], _history.Keyed("k", "a", 0).Keyed("l", "b", 1).Read(0, 2, null, [At(1, "b")]).Keyed("k", "c", 2).PassOver(3, At(1, "b"), At(2, "c")));

    [Fact]
    public void Judge_WhenAReadLeavesOutWhatASentOneMaySupersede_TakesIt()
    {
        var sent = _history.Keyed("k", "a", 0).Keyed("l", "b", 1).BeginKeyed(("k", "c"));
        AssertFinds([], _history.Read(0, 2, null, [At(1, "b")]).End(sent, ProduceOutcome.Acknowledged, 2).PassOver(3, At(1, "b"), At(2, "c")));
    }

    [Fact]
    public void Judge_WhenARefusedRecordWouldSupersede_FindsTheGap() => AssertFinds(
        [AnomalyKind.Gap, AnomalyKind.Lost],
        _history.Keyed("k", "a", 0).Keyed("l", "b", 1).End(_history.BeginKeyed(("k", "c")), ProduceOutcome.Refused).PassOver(2, At(1, "b")));

    /// <summary>An older one of its key does not take a record's place.</summary>
    [Fact]
    public void Judge_WhenOnlyAnEarlierOneOfTheKeyStands_FindsTheGap() => AssertFinds(
        [AnomalyKind.Gap, AnomalyKind.Lost], _history.Keyed("k", "a", 0).Keyed("k", "b", 1).Keyed("l", "c", 2).PassOver(3, At(0, "a"), At(2, "c")));

    [Fact]
    public void Judge_WhenARecordOfUnknownOutcomeMayHaveStoodThere_TakesTheGap() => AssertFinds(
        [], _history.Keyed("l", "a", 0).UnknownKeyed(("k", "b")).Keyed("k", "c", 2).PassOver(3, At(0, "a"), At(2, "c")));

    [Fact]
    public void Judge_WhenNobodySentWhatIsMissing_FindsTheGap() => AssertFinds([AnomalyKind.Gap], _history.Keyed("l", "a", 0).Keyed("k", "c", 2).PassOver(3, At(0, "a"), At(2, "c")));

    [Fact]
    public void Judge_WhenOnlyAPartOfARequestIsThereAndNothingSupersedesTheRest_FindsItTorn() => AssertFinds(
        [AnomalyKind.Torn], _history.UnknownKeyed(("k", "a"), ("l", "b")).Keyed("m", "c", 1).Keyed("m", "d", 2).PassOver(3, At(0, "a"), At(1, "c"), At(2, "d")));

    [Fact]
    public void Judge_WhenCompactionTookAPartOfARequest_TakesIt() => AssertFinds(
        [], _history.UnknownKeyed(("k", "a"), ("l", "b")).Keyed("k", "c", 2).Keyed("m", "d", 3).PassOver(4, At(1, "b"), At(2, "c"), At(3, "d")));

    [Fact]
    public void Judge_WhenRecordsChangeTheirOrder_FindsThemReordered() => AssertFinds(
        [AnomalyKind.Reordered, AnomalyKind.WrongOffset], _history.Keyed("k", "a", 0).Keyed("l", "b", 1).PassOver(2, At(0, "b"), At(1, "a")));

    [Fact]
    public void Judge_WhenARecordMoves_FindsItDuplicatedAtAWrongOffset() => AssertFinds(
        [
            AnomalyKind.Duplicated, AnomalyKind.WrongOffset, AnomalyKind.ReadBeforeCommitted, AnomalyKind.Gap, AnomalyKind.Changed, AnomalyKind.Lost,
            AnomalyKind.Reordered,
        ],
        _history.Keyed("k", "a", 0).Keyed("l", "b", 1).Read(0, 2, "a", "b").PassOver(2, At(0, "b")));

    [Fact]
    public void Judge_WhenWhatWasGoneIsThereAgainAtThatInstance_FindsItResurrected() => AssertFinds(
        [AnomalyKind.Resurrected],
        _history.Keyed("k", "a", 0).Keyed("k", "b", 1).Read(0, 2, null, [At(1, "b")]).Read(0, 2, "a", "b").PassOver(2, At(1, "b")));

    [Fact]
    public void Judge_WhenAnotherInstanceHasNotHeardOfTheCompaction_TakesIt() => AssertFinds(
        [],
        _history.Keyed("k", "a", 0).Keyed("k", "b", 1).Read(0, 2, null, [At(1, "b")]).Read(0, 2, null, HistoryBuilder.Follow(0, ["a", "b"]), instance: 1)
            .PassOver(2, At(1, "b")));

    [Fact]
    public void Judge_WhenATombstoneHasEndedAKey_NeedsNeitherOnceItsTimeIsOver() => AssertFinds(
        [], _history.Keyed("k", "a", 0).Keyed("k", "-5", 1).Keyed("l", "b", 2).Wait(s_deleteRetention).PassOver(3, At(2, "b")));

    [Fact]
    public void Judge_WhenTheLastTombstonesOfTheLogAreGone_TakesIt() => AssertFinds(
        [], _history.Keyed("l", "b", 0).Keyed("k", "-5", 1).Wait(s_deleteRetention).PassOver(2, At(0, "b")));

    [Fact]
    public void Judge_WhenATombstoneIsGoneBeforeItsTime_FindsItLost() => AssertFinds(
        [AnomalyKind.Lost, AnomalyKind.Gap],
        _history.Keyed("k", "a", 0).Keyed("k", "-5", 1).Keyed("l", "b", 2).Wait(s_deleteRetention / 2).PassOver(3, At(2, "b")));

    [Fact]
    public void Judge_WhenAValueOutlivesItsTombstone_FindsItResurrected() => AssertFinds(
        [AnomalyKind.Resurrected],
        _history.Keyed("k", "a", 0).Keyed("k", "-5", 1).Keyed("l", "b", 2).Wait(s_deleteRetention).PassOver(3, At(0, "a"), At(2, "b")));

    [Fact]
    public void Judge_WhenACompactedReadGoesPastTheHighWatermark_FindsItReadBeforeCommitted() => AssertFinds(
        [AnomalyKind.ReadBeforeCommitted], _history.Keyed("k", "a", 0).Keyed("k", "b", 1).Read(0, 1, null, [At(1, "b")]).PassOver(2, At(1, "b")));

    [Fact]
    public void Judge_WhenABatchHasNothingLeftBehindItsFirstRecords_GoesOnBehindIt() => AssertFinds(
        [], _history.Keyed("k", "a", 0).Keyed("l", "b", 1).Keyed("l", "c", 2).Read(1, 3, null, [], next: 2).PassOver(3, At(0, "a"), At(2, "c")));

    [Fact]
    public void Judge_WhenABatchIsPassedOverThoughSomethingOfItShouldBeLeft_FindsTheGap() => AssertFinds(
        [AnomalyKind.Gap], _history.Keyed("k", "a", 0).Keyed("l", "b", 1).Read(1, 2, null, [], next: 2).PassOver(2, [At(0, "a"), At(1, "b")], instance: 1));

    private static ReadRecord At(long offset, string value) => new(offset, value, offset);

    private static void AssertFinds(AnomalyKind[] expected, HistoryBuilder history) =>
        Assert.Equal(expected.Order(), history.Judge().Select(static anomaly => anomaly.Kind).Distinct().Order());
}
