using System.Buffers.Binary;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;
using ManagedLog.Protocol.Tests.Records;

namespace ManagedLog.Protocol.Tests.Segments;

public sealed class SegmentFooterTests
{
    private static readonly SegmentFooter Example = new(
        new SegmentSummary(
            new TopicPartition(new TopicId(Guid.Parse("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")), 258),
            new SegmentId(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")),
            1L << 40,
            (1L << 40) + 3,
            12_345,
            1_700_000_000_000,
            7,
            2,
            3,
            0xDEADBEEF),
        new byte[] { 1, 2, 3 },
        Array.Empty<byte>(),
        new byte[] { 4, 5 });

    [Fact]
    public void Footer_Written_HasTheDocumentedBytes() => Assert.Equal(
        "8D4D4C464F4F541A" + "0F1E2D3C4B5A69788796A5B4C3D2E1F0" + "00000102" + "00112233445566778899AABBCCDDEEFF" + "0000010000000000" + "0000010000000003" + "0000000000003039"
        + "0000018BCFE56800" + "00000007" + "0000000000000002" + "0000000000000003" + "DEADBEEF" + "00000003010203" + "00000000" + "000000020405"
        + Crc(Example.Encode()) + "00000089" + "0001" + "0000" + "8D4D4C5345474D1A",
        Convert.ToHexString(Example.Encode()));

    [Fact]
    public void Footer_AtItsBeginning_IsNoFrameOfALog() => Assert.Equal(FrameKind.Corrupt, SegmentFrame.Read(Example.Encode()).Kind);

    [Fact]
    public void Footers_OfAnyContent_ReadBackAsWritten()
    {
        var random = new RandomBatches(seed: 21);
        for (var i = 0; i < 2_000; i++)
        {
            var footer = Next(random);
            var bytes = footer.Encode();

            Assert.True(SegmentFooter.TryReadTrailer([9, 9, .. bytes.AsSpan(^SegmentFooter.TrailerSize..)], out var length));
            Assert.Equal(bytes.Length, length);
            Assert.True(SegmentFooter.TryDecode(bytes, out var read));
            Assert.Equal(footer.Summary, read.Summary);
            Assert.True(read.OffsetIndex.Span.SequenceEqual(footer.OffsetIndex.Span));
            Assert.True(read.AbortedTransactions.Span.SequenceEqual(footer.AbortedTransactions.Span));
            Assert.True(read.Producers.Span.SequenceEqual(footer.Producers.Span));
        }
    }

    [Fact]
    public void TryDecode_WithAnyOneBitChanged_Refuses()
    {
        var bytes = Example.Encode();
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));

            Assert.False(SegmentFooter.TryDecode(damaged, out _), $"Bit {bit} may be anything.");
        }
    }

    [Fact]
    public void TryDecode_OfMoreOrFewerBytesThanTheFooter_Refuses()
    {
        var bytes = Example.Encode();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(SegmentFooter.TryDecode(bytes.AsMemory(0, length), out _));
            Assert.False(SegmentFooter.TryDecode(bytes.AsMemory(bytes.Length - length), out _));
        }

        Assert.False(SegmentFooter.TryDecode(new byte[] { 0 }.Concat(bytes).ToArray(), out _));
    }

    [Fact]
    public void TryDecode_OfAnotherFormatVersion_Refuses()
    {
        var bytes = Example.Encode();
        bytes[^11] = SegmentFooter.FormatVersion + 1;

        Assert.False(SegmentFooter.TryReadTrailer(bytes, out _));
        Assert.False(SegmentFooter.TryDecode(bytes, out _));
    }

    /// <summary>Damage that the CRC does not show: what is refused is refused quietly and cheaply, what is accepted is one footer's only encoding.</summary>
    [Fact]
    public void TryDecode_OfAnyBytesWithARightCrcAndLength_NeverThrowsAndAllocatesNothingThatTheyAskFor()
    {
        var random = new RandomBatches(seed: 22);
        var accepted = 0;
        SegmentFooter.TryDecode(Example.Encode(), out _);
        for (var i = 0; i < 20_000; i++)
        {
            var input = Reseal(Mutations.Apply(random.Random, Next(random).Encode()));
            SegmentFooter? footer = null;
            var read = false;

            var allocated = MemoryBound.AllocatedBy(() => read = SegmentFooter.TryDecode(input, out footer));

            Assert.InRange(allocated, 0, 1024);
            if (!read)
                continue;
            accepted++;
            Assert.Equal(input, footer!.Encode());
        }

        Assert.InRange(accepted, 1_000, 19_000);
    }

    [Fact]
    public void TryReadTrailer_OfAnyBytes_NeverThrowsOrAllocates()
    {
        var random = new RandomBatches(seed: 23);
        for (var i = 0; i < 20_000; i++)
        {
            var input = Mutations.Apply(random.Random, Example.Encode());
            var (read, length) = (false, 0);

            var allocated = MemoryBound.AllocatedBy(() => read = SegmentFooter.TryReadTrailer(input, out length));

            Assert.Equal(0, allocated);
            Assert.True(!read || length > SegmentFooter.TrailerSize);
        }
    }

    private static string Crc(byte[] footer) => Crc32C.Compute(footer.AsSpan(0, footer.Length - SegmentFooter.TrailerSize)).ToString("X8", System.Globalization.CultureInfo.InvariantCulture);

    private static byte[] Reseal(byte[] bytes)
    {
        if (bytes.Length < SegmentFooter.TrailerSize)
            return bytes;
        var trailer = bytes.AsSpan(bytes.Length - SegmentFooter.TrailerSize);
        Example.Encode().AsSpan(^SegmentFooter.TrailerSize..).CopyTo(trailer);
        BinaryPrimitives.WriteUInt32BigEndian(trailer, Crc32C.Compute(bytes.AsSpan(0, bytes.Length - SegmentFooter.TrailerSize)));
        BinaryPrimitives.WriteInt32BigEndian(trailer[4..], bytes.Length);
        return bytes;
    }

    private static SegmentFooter Next(RandomBatches random)
    {
        var baseOffset = random.NextInt64() & long.MaxValue >> 1;
        return new SegmentFooter(
            new SegmentSummary(
                new TopicPartition(new TopicId(NextGuid()), random.Random.Next()),
                new SegmentId(NextGuid()),
                baseOffset,
                baseOffset + 1 + random.Random.Next(),
                random.NextInt64() & long.MaxValue,
                random.NextInt64(),
                (int)random.NextInt64(),
                random.NextInt64() & long.MaxValue,
                random.NextInt64() & long.MaxValue,
                (uint)random.NextInt64()),
            NextSection(),
            NextSection(),
            NextSection());

        Guid NextGuid()
        {
            var bytes = new byte[16];
            random.Random.NextBytes(bytes);
            return new Guid(bytes);
        }

        byte[] NextSection()
        {
            var bytes = new byte[random.Random.Next(3) * random.Random.Next(100)];
            random.Random.NextBytes(bytes);
            return bytes;
        }
    }
}
