using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

public sealed class RecordBatchCheckTests
{
    private static readonly RecordBatchHeader Sound = new() { SizeInBytes = 100, Magic = 2, RecordCount = 3, LastOffsetDelta = 2 };

    [Fact]
    public void CheckHeader_OfASoundHeader_FindsNothing() => Assert.Equal(BatchDefect.None, RecordBatchCheck.CheckHeader(Sound));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(255)]
    public void CheckHeader_OfAnotherMagic_RefusesIt(byte magic) =>
        Assert.Equal(BatchDefect.UnsupportedMagic, RecordBatchCheck.CheckHeader(Sound with { Magic = magic }));

    [Theory]
    [InlineData(-1)]
    [InlineData(60)]
    [InlineData(1001)]
    public void CheckHeader_OfASizeBelowTheHeaderOrAboveTheLimit_RefusesIt(int size) =>
        Assert.Equal(BatchDefect.Length, RecordBatchCheck.CheckHeader(Sound with { SizeInBytes = size }, maxSizeInBytes: 1000));

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    [InlineData(long.MaxValue - int.MaxValue)]
    public void CheckHeader_OfABaseOffsetThatIsNegativeOrWouldOverflow_RefusesIt(long baseOffset) =>
        Assert.Equal(BatchDefect.Offset, RecordBatchCheck.CheckHeader(Sound with { BaseOffset = baseOffset }));

    [Fact]
    public void CheckHeader_OfTheLargestBaseOffset_LeavesRoomForEveryOffsetInTheBatch()
    {
        var last = Sound with { BaseOffset = long.MaxValue - int.MaxValue - 1, LastOffsetDelta = int.MaxValue };

        Assert.Equal(BatchDefect.None, RecordBatchCheck.CheckHeader(last));
        Assert.Equal((long.MaxValue - 1, long.MaxValue), (last.LastOffset, last.NextOffset));
    }

    [Theory]
    [InlineData(-1, 0, CompressionCodec.None)]
    [InlineData(0, -1, CompressionCodec.None)]
    [InlineData(2, 0, CompressionCodec.None)]
    [InlineData(6, 5, CompressionCodec.None)]
    [InlineData(int.MinValue, int.MaxValue, CompressionCodec.Gzip)]
    public void CheckHeader_OfCountsThatCannotBe_RefusesThem(int count, int lastOffsetDelta, CompressionCodec codec) =>
        Assert.Equal(BatchDefect.RecordCount, RecordBatchCheck.CheckHeader(Sound with { RecordCount = count, LastOffsetDelta = lastOffsetDelta, Attributes = (short)codec }));

    [Fact]
    public void CheckHeader_OfAsManyRecordsAsFit_TakesThem() =>
        Assert.Equal(BatchDefect.None, RecordBatchCheck.CheckHeader(Sound with { RecordCount = 5, LastOffsetDelta = 4 }));

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void CheckHeader_OfACodecThatDoesNotExist_RefusesIt(short attributes) =>
        Assert.Equal(BatchDefect.UnsupportedCodec, RecordBatchCheck.CheckHeader(Sound with { Attributes = attributes }));

    [Theory]
    [InlineData(int.MinValue)]
    [InlineData(-1)]
    [InlineData(int.MaxValue - 11)]
    [InlineData(int.MaxValue)]
    public void TryRead_OfALengthThatNoBatchCanHave_GivesANegativeSize(int length)
    {
        var bytes = new byte[RecordBatchHeader.Size];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), length);

        Assert.True(RecordBatchHeader.TryRead(bytes, out var header));

        Assert.Equal(-1, header.SizeInBytes);
    }

    [Fact]
    public void Check_OfABatchLargerThanAllowed_RefusesIt()
    {
        var batch = RandomBatches.Build([new Record(0, 0, null, new byte[500], [])], CompressionCodec.None);

        Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(batch.Span, out _, batch.Length));
        Assert.Equal(BatchDefect.Length, RecordBatchCheck.Check(batch.Span, out _, batch.Length - 1));
    }
}
