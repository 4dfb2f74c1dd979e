using System.Text;
using ManagedLog.Proof;
using ManagedLog.Proof.Rest;
using ManagedLog.Proof.Streaming;

namespace ManagedLog.Local.Tests.Proof;

/// <summary>The judge of the streaming proof must condemn every kind of damage.</summary>
public sealed class PartitionCheckTests
{
    // Dealt to two producers, both on one partition: 0 writes a, c, e; 1 writes b, d.
    private readonly LineShares _shares = new(LineFile.Cut("a\nb\nc\nd\ne\n"u8.ToArray()), producers: 2, partitions: 1);
    private readonly PartitionCheck _check;

    public PartitionCheckTests() => _check = new PartitionCheck(_shares, partition: 0);

    [Fact]
    public void Take_WhenEachProducersOrderIsKept_Accepts()
    {
        TakeAll((1, 0, "b"), (0, 0, "a"), (0, 1, "c"), (1, 1, "d"), (0, 2, "e"));

        _check.Complete();
        Assert.Equal(5, _check.NextOffset);
        Assert.Equal(5, _check.Bytes);
    }

    [Fact]
    public void Take_WhenAnOffsetIsSkipped_Condemns() =>
        AssertCondemned("offset 1 came where 0 was due", () => _check.Take(Record(1, (0, 0, "a"))));

    [Fact]
    public void Take_WhenARecordComesTwice_Condemns()
    {
        TakeAll((0, 0, "a"));
        AssertCondemned("record 0 of producer 0 came where its record 1 was due", () => _check.Take(Record(1, (0, 0, "a"))));
    }

    [Fact]
    public void Take_WhenARecordIsOvertaken_Condemns() =>
        AssertCondemned("record 1 of producer 0 came where its record 0 was due", () => _check.Take(Record(0, (0, 1, "c"))));

    [Fact]
    public void Take_WhenTheContentDiffers_Condemns() =>
        AssertCondemned("the content differs", () => _check.Take(Record(0, (0, 0, "A"))));

    [Fact]
    public void Take_WhenTheProducerIsOnAnotherPartition_Condemns()
    {
        var check = new PartitionCheck(new LineShares(LineFile.Cut("a\nb\n"u8.ToArray()), producers: 2, partitions: 2), partition: 0);
        AssertCondemned("no producer 1 wrote here", () => check.Take(Record(0, (1, 0, "b"))));
    }

    [Fact]
    public void Take_WhenMoreComesThanWasWritten_Condemns()
    {
        TakeAll((1, 0, "b"), (1, 1, "d"));
        AssertCondemned("never wrote a record 2", () => _check.Take(Record(2, (1, 2, "f"))));
    }

    [Fact]
    public void Complete_WhenARecordIsMissing_Condemns()
    {
        TakeAll((0, 0, "a"), (1, 0, "b"), (0, 1, "c"), (1, 1, "d"));
        AssertCondemned("2 records of producer 0 came back, 3 were acknowledged", _check.Complete);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("one", 1)]
    [InlineData("one\n", 1)]
    [InlineData("one\n\nthree\r\n", 3)]
    public void LineFile_WhenCut_HasEveryLineWithoutItsLineFeed(string content, int lines)
    {
        var file = LineFile.Cut(Encoding.UTF8.GetBytes(content));

        Assert.Equal(lines, file.Count);
        Assert.Equal(content.TrimEnd('\n'), string.Join('\n', Enumerable.Range(0, lines).Select(line => Encoding.UTF8.GetString(file[line].Span))));
    }

    private static void AssertCondemned(string reason, Action action) =>
        Assert.Contains(reason, Assert.Throws<ProofFailedException>(action).Message, StringComparison.Ordinal);

    private static FetchedRecord Record(long offset, (int Producer, int Sequence, string Value) record) =>
        new(offset, new ProducerKey(record.Producer, record.Sequence).ToBytes(), Encoding.UTF8.GetBytes(record.Value));

    private void TakeAll(params (int, int, string)[] records)
    {
        foreach (var record in records)
            _check.Take(Record(_check.NextOffset, record));
    }
}
