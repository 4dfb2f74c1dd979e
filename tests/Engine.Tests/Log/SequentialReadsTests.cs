using ManagedLog.Engine.Log;

namespace ManagedLog.Engine.Tests.Log;

public sealed class SequentialReadsTests
{
    [Fact]
    public void Read_WhereAnotherEnded_IsSequential_AndWhereNoneDidIsNot()
    {
        var reads = new SequentialReads();
        Assert.False(reads.Note(0, 10));
        Assert.True(reads.Note(10, 25));
        Assert.False(reads.Note(10, 25));
        Assert.True(reads.Note(25, 40));
    }

    [Fact]
    public void Read_FromTheBeginning_IsNeverSequential()
    {
        var reads = new SequentialReads();
        Assert.False(reads.Note(0, 0));
        Assert.False(reads.Note(0, 10));
    }

    [Fact]
    public void Readers_InTurn_AreEachRecognised_UpToSixteenOfThem()
    {
        var reads = new SequentialReads();
        for (var reader = 0; reader < 17; reader++)
            Assert.False(reads.Note(reader * 1000, (reader * 1000) + 10));
        for (var reader = 1; reader < 17; reader++)
            Assert.True(reads.Note((reader * 1000) + 10, (reader * 1000) + 20));
        Assert.False(reads.Note(10, 20));
    }
}
