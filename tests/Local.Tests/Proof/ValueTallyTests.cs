using ManagedLog.Proof;
using ManagedLog.Proof.Killing;
using ManagedLog.Proof.Rest;

namespace ManagedLog.Local.Tests.Proof;

/// <summary>The judge of the killing proof must condemn what is lost, doubled or moved, and nothing that the producers cannot know.</summary>
public sealed class ValueTallyTests
{
    private readonly ValueTally _tally = new(values: 3);

    [Fact]
    public void Complete_WhenEachAcknowledgedRecordIsThere_Accepts()
    {
        _tally.Note([0, 1], ProduceResult.Acknowledged([1, 2]));
        _tally.Note([2], ProduceResult.Acknowledged([0]));
        _tally.Note([0], ProduceResult.Refused("nobody there"));
        TakeAll(2, 0, 1);

        _tally.Complete();
        Assert.Equal((3, 0, 3), (_tally.Acknowledged, _tally.Unknown, _tally.Found));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Complete_WhenAnOutcomeIsUnknown_AcceptsBoth(bool itHappened)
    {
        _tally.Note([0], ProduceResult.Acknowledged([0]));
        _tally.Note([1], ProduceResult.Unknown("connection broken"));
        TakeAll(itHappened ? [0, 1] : [0]);

        _tally.Complete();
    }

    [Fact]
    public void Complete_WhenAnUnknownHappenedTwice_Condemns()
    {
        _tally.Note([1], ProduceResult.Unknown("connection broken"));
        TakeAll(1, 1);

        AssertCondemned("there 2 times", _tally.Complete);
    }

    [Fact]
    public void Complete_WhenARefusedRecordIsThere_Condemns()
    {
        _tally.Note([1], ProduceResult.Refused("not now"));
        TakeAll(1);

        AssertCondemned("there 1 times, but was acknowledged 0 times", _tally.Complete);
    }

    [Fact]
    public void Complete_WhenAnAcknowledgedRecordIsMissing_Condemns()
    {
        _tally.Note([0, 0], ProduceResult.Acknowledged([0, 1]));
        TakeAll(0);

        AssertCondemned("Offset 1 was told, but the log ends at 1", _tally.Complete);
    }

    [Fact]
    public void Take_WhenAnotherValueStandsWhereOneWasAcknowledged_Condemns()
    {
        _tally.Note([0], ProduceResult.Acknowledged([0]));

        AssertCondemned("told for value 0 but holds value 1", () => TakeAll(1));
    }

    [Fact]
    public void Take_WhenAnOffsetIsSkipped_Condemns() =>
        AssertCondemned("Offset 1 came where 0 was due", () => _tally.Take(new FetchedRecord(1, [], ValueTally.ValueOf(0))));

    [Fact]
    public void Take_WhenNobodyWroteTheValue_Condemns() => AssertCondemned("nobody wrote", () => TakeAll(3));

    [Fact]
    public void Note_WhenAnOffsetIsToldTwice_Condemns()
    {
        _tally.Note([0], ProduceResult.Acknowledged([5]));

        AssertCondemned("Offset 5 was told for two records", () => _tally.Note([0], ProduceResult.Acknowledged([5])));
    }

    private static void AssertCondemned(string reason, Action action) =>
        Assert.Contains(reason, Assert.Throws<ProofFailedException>(action).Message, StringComparison.Ordinal);

    private void TakeAll(params int[] values)
    {
        foreach (var value in values)
            _tally.Take(new FetchedRecord(_tally.NextOffset, [], ValueTally.ValueOf(value)));
    }
}
