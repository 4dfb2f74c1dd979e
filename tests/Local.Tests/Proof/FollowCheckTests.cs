using System.Text;
using ManagedLog.Proof;
using ManagedLog.Proof.Following;
using ManagedLog.Proof.Rest;

namespace ManagedLog.Local.Tests.Proof;

/// <summary>The judge of the resuming proof must condemn what is missed, seen twice or out of order, and nothing that the producers cannot know.</summary>
public sealed class FollowCheckTests
{
    private readonly FollowCheck _check = new(partitions: 2);

    [Fact]
    public void Complete_WhenAllThatWasAcknowledgedWasSeen_Accepts()
    {
        _check.Note(0, ["a", "b"], ProduceResult.Acknowledged([1, 2]));
        _check.Note(0, ["u"], ProduceResult.Unknown("connection broken"));
        _check.Note(1, ["c"], ProduceResult.Acknowledged([0]));
        _check.Note(1, ["d"], ProduceResult.Refused("nobody there"));
        Take(0, 0, "u");
        Take(1, 0, "c");
        Take(0, 1, "a");
        Take(0, 2, "b");

        _check.Complete();
        Assert.Equal((3, 1, 4), (_check.Acknowledged, _check.Unknown, _check.Seen));
    }

    [Fact]
    public void Take_WhenARecordIsPassedOver_Condemns() => AssertCondemned("0:1 came where 0:0 was due", () => Take(0, 1, "a"));

    [Fact]
    public void Take_WhenARecordComesTwice_Condemns()
    {
        Take(1, 0, "a");
        AssertCondemned("1:0 came where 1:1 was due", () => Take(1, 0, "a"));
    }

    [Fact]
    public void Take_WhenAValueStandsTwice_Condemns()
    {
        Take(0, 0, "a");
        AssertCondemned("Value a stands at", () => Take(0, 1, "a"));
    }

    [Fact]
    public void Complete_WhenAnAcknowledgedRecordWasNotSeen_Condemns()
    {
        _check.Note(0, ["a"], ProduceResult.Acknowledged([0]));
        AssertCondemned("acknowledged at 0:0 and not seen", _check.Complete);
    }

    [Fact]
    public void Complete_WhenARecordWasSeenElsewhere_Condemns()
    {
        _check.Note(0, ["a"], ProduceResult.Acknowledged([0]));
        Take(1, 0, "a");
        AssertCondemned("seen at 1:0", _check.Complete);
    }

    [Fact]
    public void Complete_WhenMoreWasSeenThanCanHaveBeenWritten_Condemns()
    {
        _check.Note(0, ["a"], ProduceResult.Refused("nobody there"));
        Take(0, 0, "a");
        AssertCondemned("1 records were seen, but only 0", _check.Complete);
    }

    [Fact]
    public void Latencies_GiveTheNearestRank()
    {
        var latencies = new Latencies();
        foreach (var milliseconds in Enumerable.Range(1, 100).Reverse())
            latencies.Add(TimeSpan.FromMilliseconds(milliseconds));
        Assert.Equal((50, 99, 100), (latencies.Percentile(50), latencies.Percentile(99), latencies.Percentile(100)));
    }

    private static void AssertCondemned(string reason, Action action) =>
        Assert.Contains(reason, Assert.Throws<ProofFailedException>(action).Message, StringComparison.Ordinal);

    private void Take(int partition, long offset, string value) => _check.Take(new EventRecord(partition, offset, Encoding.ASCII.GetBytes(value)));
}
