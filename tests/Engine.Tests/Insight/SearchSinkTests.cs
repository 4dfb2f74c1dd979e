using ManagedLog.Engine.Insight;
using ManagedLog.Protocol.Records;
using Record = ManagedLog.Protocol.Records.Record;

namespace ManagedLog.Engine.Tests.Insight;

public class SearchSinkTests
{
    private static Record At(long offset, int bytes = 10) => new(offset, 0, null, new byte[bytes], []);

    private static long[] Offsets(SearchSink sink) => [.. sink.Records.Select(record => record.Offset)];

    [Fact]
    public void FirstOnes_AreTakenUntilItIsFull()
    {
        var sink = new SearchSink(2, 1000, keepsLast: false);
        for (var i = 0; i < 5 && !sink.IsFull; i++)
            sink.Add(At(i));
        Assert.Equal([0, 1], Offsets(sink));
    }

    [Fact]
    public void LastOnes_TakeThePlaceOfEarlierOnes()
    {
        var sink = new SearchSink(2, 1000, keepsLast: true);
        sink.Add(At(0));
        sink.Add(At(1));
        Assert.False(sink.HasDropped);
        sink.Add(At(2));
        Assert.Equal([1, 2], Offsets(sink));
        Assert.True(sink.HasDropped);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OneRecord_IsTakenHoweverLarge(bool keepsLast)
    {
        var sink = new SearchSink(10, 5, keepsLast);
        sink.Add(At(0, 100));
        Assert.Equal([0], Offsets(sink));
    }

    [Fact]
    public void LastOnes_AreBoundedBySizeToo()
    {
        var sink = new SearchSink(10, 25, keepsLast: true);
        for (var i = 0; i < 8; i++)
            sink.Add(At(i));
        Assert.Equal([5, 6, 7], Offsets(sink));
    }

    [Fact]
    public void Records_DoNotShareTheMemoryThatTheyWereReadFrom()
    {
        byte[] memory = [1, 2, 3];
        var sink = new SearchSink(1, 1000, keepsLast: false);
        sink.Add(new Record(0, 0, memory, null, [new RecordHeader("h", memory)]));
        memory[0] = 9;
        var taken = sink.Records.Single();
        Assert.Equal(1, taken.Key!.Value.Span[0]);
        Assert.Null(taken.Value);
        Assert.Equal(1, taken.Headers[0].Value!.Value.Span[0]);
    }
}
