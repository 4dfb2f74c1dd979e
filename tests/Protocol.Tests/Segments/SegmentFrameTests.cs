using System.Buffers.Binary;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;
using ManagedLog.Protocol.Tests.Records;

namespace ManagedLog.Protocol.Tests.Segments;

public sealed class SegmentFrameTests
{
    private static readonly SegmentId Segment = new(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"));
    private static readonly SegmentHeaderFrame Header = new(
        new TopicPartition(new TopicId(Guid.Parse("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")), 258), Segment, 1L << 40, 7, new SegmentId(Guid.Parse("ffffffff-0000-0000-0000-000000000001")), 1_700_000_000_000);

    private static readonly SealFrame Seal = new(Segment, 12_345, 67_890);

    [Fact]
    public void HeaderFrame_Written_HasTheDocumentedBytes() => Assert.Equal(
        "8D4D4C484541441A" + "0001" + "0000" + "0F1E2D3C4B5A69788796A5B4C3D2E1F0" + "00000102" + "00112233445566778899AABBCCDDEEFF" + "0000010000000000" + "00000007"
        + "FFFFFFFF000000000000000000000001" + "0000018BCFE56800" + new string('0', 24),
        Convert.ToHexString(Header.ToArray())[..^8]);

    [Fact]
    public void SealFrame_Written_HasTheDocumentedBytesAndIsShorterThanAnyBatch()
    {
        Assert.Equal("8D4D4C5345414C1A" + "00112233445566778899AABBCCDDEEFF" + "0000000000003039" + "0000000000010932", Convert.ToHexString(Seal.ToArray())[..^8]);
        Assert.InRange(SealFrame.Size, 1, RecordBatchHeader.Size - 1);
    }

    [Fact]
    public void Frames_OfAnyContent_ReadBackAsWritten()
    {
        var random = new RandomBatches(seed: 13);
        for (var i = 0; i < 2_000; i++)
        {
            var header = new SegmentHeaderFrame(
                new TopicPartition(new TopicId(NextGuid()), (int)random.NextInt64()), new SegmentId(NextGuid()), random.NextInt64(), (int)random.NextInt64(), new SegmentId(NextGuid()), random.NextInt64());
            var seal = new SealFrame(new SegmentId(NextGuid()), random.NextInt64(), random.NextInt64());

            Assert.True(SegmentHeaderFrame.TryRead(header.ToArray(), out var readHeader));
            Assert.True(SealFrame.TryRead(seal.ToArray(), out var readSeal));
            Assert.Equal((header, seal), (readHeader, readSeal));
            Assert.Equal(new SegmentFrame(FrameKind.Header, SegmentHeaderFrame.Size), SegmentFrame.Read(header.ToArray()));
            Assert.Equal(new SegmentFrame(FrameKind.Seal, SealFrame.Size), SegmentFrame.Read(seal.ToArray()));
        }

        Guid NextGuid()
        {
            var bytes = new byte[16];
            random.Random.NextBytes(bytes);
            return new Guid(bytes);
        }
    }

    [Fact]
    public void Read_OfAMarkedFrameWithAnyOneBitChanged_IsNeverThatFrame()
    {
        foreach (var frame in new[] { Header.ToArray(), Seal.ToArray() })
        {
            for (var bit = 0; bit < frame.Length * 8; bit++)
            {
                var damaged = (byte[])frame.Clone();
                damaged[bit / 8] ^= (byte)(1 << (bit % 8));

                Assert.Contains(SegmentFrame.Read(damaged).Kind, new[] { FrameKind.Corrupt, FrameKind.Incomplete });
                Assert.False(SegmentHeaderFrame.TryRead(damaged, out _) || SealFrame.TryRead(damaged, out _));
            }
        }
    }

    [Fact]
    public void Read_OfAHeaderFrameOfAnotherFormatVersion_IsCorrupt()
    {
        var frame = Header.ToArray();
        frame[9] = SegmentHeaderFrame.FormatVersion + 1;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(96), Crc32C.Compute(frame.AsSpan(0, 96)));

        Assert.Equal(FrameKind.Corrupt, SegmentFrame.Read(frame).Kind);
    }

    [Fact]
    public void Read_OfEachBeginningOfAFrame_IsIncompleteAndTellsTheLengthOnceItCanBeKnown()
    {
        var batch = RandomBatches.Build([new Record(0, 0, null, new byte[200], [])], CompressionCodec.None).ToArray();
        (byte[] Frame, int KnownFrom)[] frames = [(Header.ToArray(), 8), (Seal.ToArray(), 8), (batch, RecordBatchHeader.Size)];
        foreach (var (frame, knownFrom) in frames)
        {
            for (var length = 0; length < frame.Length; length++)
            {
                var read = SegmentFrame.Read(frame.AsSpan(0, length));

                Assert.Equal((FrameKind.Incomplete, length < knownFrom ? 0 : frame.Length), (read.Kind, read.Length));
            }
        }
    }

    [Fact]
    public void Read_FrameAfterFrameThroughASegment_FindsEachOneAndTheSealOnlyAtItsEnd()
    {
        // Records whose key and value are the frames of this very segment.
        var first = RandomBatches.Build([new Record(0, 0, null, Seal.ToArray(), [])], CompressionCodec.None);
        var second = RandomBatches.Build([new Record(0, 0, null, null, []), new Record(1, 0, Header.ToArray(), Seal.ToArray(), [])], CompressionCodec.None);
        byte[] segment = [.. Header.ToArray(), .. first.Span, .. second.Span, .. Seal.ToArray()];
        var kinds = new List<FrameKind>();
        for (var position = 0; position < segment.Length;)
        {
            var frame = SegmentFrame.Read(segment.AsSpan(position));
            kinds.Add(frame.Kind);
            Assert.NotEqual(0, frame.Length);
            position += frame.Length;
        }

        Assert.Equal([FrameKind.Header, FrameKind.Batch, FrameKind.Batch, FrameKind.Seal], kinds);
    }

    [Fact]
    public void Read_OfABatchWithADamagedRecord_IsCorruptUnlessItIsNotVerified()
    {
        var batch = RandomBatches.Build([new Record(0, 0, null, new byte[200], [])], CompressionCodec.None);
        batch.Span[^5] ^= 1;

        var verified = SegmentFrame.Read(batch.Span);
        var unverified = SegmentFrame.Read(batch.Span, verify: false);

        Assert.Equal((FrameKind.Corrupt, batch.Length, BatchDefect.Crc), (verified.Kind, verified.Length, verified.Defect));
        Assert.Equal((FrameKind.Batch, batch.Length, BatchDefect.None), (unverified.Kind, unverified.Length, unverified.Defect));
    }

    [Fact]
    public void Read_OfAnyBytes_NeverThrowsOrAllocates()
    {
        var random = new RandomBatches(seed: 14);
        byte[][] sources = [Header.ToArray(), Seal.ToArray(), .. Enumerable.Range(0, 20).Select(_ => random.Next(maxRecords: 3).Batch.ToArray())];
        for (var i = 0; i < 20_000; i++)
        {
            var input = Mutations.Apply(random.Random, sources[i % sources.Length]);
            var frame = default(SegmentFrame);

            var allocated = MemoryBound.AllocatedBy(() => frame = SegmentFrame.Read(input));

            Assert.Equal(0, allocated);
            Assert.InRange(frame.Length, 0, frame.Kind is FrameKind.Batch or FrameKind.Header or FrameKind.Seal ? input.Length : RecordBatchCheck.MaxSizeInBytes);
        }
    }
}
