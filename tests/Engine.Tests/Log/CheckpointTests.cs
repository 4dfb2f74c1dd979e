using System.Buffers.Binary;
using ManagedLog.Engine.Log;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Tests.Log;

public class CheckpointTests
{
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    private static byte[] Encoded()
    {
        var index = new OffsetIndex(7, SegmentHeaderFrame.Size);
        index.Add(7, SegmentHeaderFrame.Size, 70, 1000);
        return new Checkpoint(new SegmentId(new Guid(1, 2, 3, new byte[8])), 170, 8, 1000, 0, index, new ProducerState(s_day)).Encode();
    }

    [Fact]
    public void Decode_OfWhatWasEncoded_IsTheSame() => Assert.Equal(Encoded(), Checkpoint.Decode(Encoded(), s_day)!.Encode());

    /// <summary>Found by fuzzing: a position that is none, or an index that does not reach it, would break the partition or leave its index short for ever.</summary>
    [Theory]
    [InlineData(26, 0L)]
    [InlineData(26, -1L)]
    [InlineData(26, 171L)]
    [InlineData(34, -1L)]
    [InlineData(58, 100L)]
    [InlineData(86, -1L)]
    public void Decode_OfWhatNobodyWrites_RefusesThoughItsCrcFits(int at, long number)
    {
        var bytes = Encoded();
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(at), number);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(bytes.Length - 4), Crc32C.Compute(bytes.AsSpan(0, bytes.Length - 4)));

        Assert.Null(Checkpoint.Decode(bytes, s_day));
    }
}
