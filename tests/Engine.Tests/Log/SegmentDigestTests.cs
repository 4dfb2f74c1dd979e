using ManagedLog.Engine.Log;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Tests.Log;

public class SegmentDigestTests
{
    private static readonly byte[] Bytes = Batches(40, 3, 200, 1, 90);

    [Fact]
    public void TryAdd_OfPiecesCutAnywhere_GivesTheSame()
    {
        var whole = new SegmentDigest(7);
        Assert.True(whole.TryAdd(Bytes));
        var random = new Random(1);
        for (var round = 0; round < 2_000; round++)
        {
            var digest = new SegmentDigest(7);
            for (var at = 0; at < Bytes.Length;)
            {
                var piece = Math.Min(Bytes.Length - at, round == 0 ? 1 : random.Next(1, 400));
                Assert.True(digest.TryAdd(Bytes.AsSpan(at, piece)));
                at += piece;
            }

            Assert.Equal(
                (whole.Crc, whole.Bytes, whole.NextOffset, whole.BatchCount, whole.RecordCount, whole.MaxTimestamp, true),
                (digest.Crc, digest.Bytes, digest.NextOffset, digest.BatchCount, digest.RecordCount, digest.MaxTimestamp, digest.IsAtBoundary));
            Assert.Equal(whole.Index.Encode(), digest.Index.Encode());
        }

        Assert.Equal((Bytes.Length, 12L, 5L, 5L, Crc32C.Compute(Bytes)), (whole.Bytes, whole.NextOffset, whole.BatchCount, whole.RecordCount, whole.Crc));
    }

    [Fact]
    public void TryAdd_WithAnyBitWrongThatTheCrcOrTheOffsetsCover_Refuses()
    {
        for (var bit = 0; bit < Bytes.Length * 8; bit++)
        {
            var damaged = (byte[])Bytes.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            var digest = new SegmentDigest(7);

            var taken = digest.TryAdd(damaged) && digest.IsAtBoundary && digest.NextOffset == 12;

            // The leader epoch alone stands outside the CRC and may grow; the whole's CRC tells even that.
            Assert.True(!taken || digest.Crc != Crc32C.Compute(Bytes), $"Bit {bit} may be anything.");
            if (taken)
                Assert.True(IsLeaderEpoch(bit / 8), $"Bit {bit} is not looked at.");
        }
    }

    [Fact]
    public void TryAdd_AfterADefect_TakesNothingMore()
    {
        var digest = new SegmentDigest(8);

        Assert.False(digest.TryAdd(Bytes));
        Assert.False(digest.TryAdd(Bytes));

        Assert.Contains("offset 7", digest.Defect, StringComparison.Ordinal);
        Assert.Equal(0, digest.BatchCount);
    }

    private static bool IsLeaderEpoch(int at)
    {
        for (var position = 0; position < Bytes.Length;)
        {
            RecordBatchHeader.TryRead(Bytes.AsSpan(position), out var header);
            if (at >= position + 12 && at < position + 16)
                return true;
            position += header.SizeInBytes;
        }

        return false;
    }

    private static byte[] Batches(params int[] valueBytes)
    {
        var bytes = new List<byte>();
        foreach (var (i, length) in valueBytes.Index())
        {
            var batch = StoredPartition.Batch(new Random(length), [1000 + i], length);
            RecordBatchPatch.Place(batch.Span, 7 + i, 0);
            bytes.AddRange(batch.Span);
        }

        return [.. bytes];
    }
}
