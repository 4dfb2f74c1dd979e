using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

public sealed class RecordBatchPatchTests
{
    private readonly Memory<byte> _batch = RandomBatches.Build([new Record(0, 5, null, new byte[10], []), new Record(1, 4, null, null, [])], CompressionCodec.None);

    [Fact]
    public void Place_OnASealedBatch_SetsOffsetAndEpochAndLeavesTheCrcRight()
    {
        RecordBatchHeader.TryRead(_batch.Span, out var before);

        RecordBatchPatch.Place(_batch.Span, 1L << 61, 77);

        Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(_batch.Span, out var after));
        Assert.Equal(before with { BaseOffset = 1L << 61, LeaderEpoch = 77 }, after);
    }

    [Fact]
    public void SetIdentity_ThenSealCrc_SetsTheProducerFieldsAlone()
    {
        RecordBatchHeader.TryRead(_batch.Span, out var before);
        var identity = new BatchIdentity(new ProducerIdentity(long.MaxValue, short.MaxValue), int.MaxValue);

        RecordBatchPatch.SetIdentity(_batch.Span, identity);
        Assert.Equal(BatchDefect.Crc, RecordBatchCheck.Check(_batch.Span, out _));
        RecordBatchPatch.SealCrc(_batch.Span);

        Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(_batch.Span, out var after));
        Assert.Equal(before with { Producer = identity.Producer, BaseSequence = identity.BaseSequence, Crc = after.Crc }, after);
        Assert.Equal(identity, after.Identity);
    }

    [Fact]
    public void SetAppendTime_ThenSealCrc_SetsTypeAndLargestTimestampAlone()
    {
        RecordBatchHeader.TryRead(_batch.Span, out var before);

        RecordBatchPatch.SetAppendTime(_batch.Span, 99);
        RecordBatchPatch.SealCrc(_batch.Span);

        Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(_batch.Span, out var after));
        Assert.Equal(before with { Attributes = (short)(before.Attributes | 8), MaxTimestamp = 99, Crc = after.Crc }, after);
    }
}
