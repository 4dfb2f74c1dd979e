using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

public sealed class VarintTests
{
    /// <summary>Each power of two with its neighbours, of either sign: every boundary between two sizes is among them.</summary>
    private static IEnumerable<long> Boundaries => Enumerable.Range(0, 64).SelectMany(bit => new[] { -1L, 0, 1 }.SelectMany(near => new[] { (1L << bit) + near, -(1L << bit) + near }));

    [Theory]
    [InlineData(0, new byte[] { 0x00 })]
    [InlineData(-1, new byte[] { 0x01 })]
    [InlineData(1, new byte[] { 0x02 })]
    [InlineData(-64, new byte[] { 0x7F })]
    [InlineData(64, new byte[] { 0x80, 0x01 })]
    [InlineData(300, new byte[] { 0xD8, 0x04 })]
    [InlineData(int.MaxValue, new byte[] { 0xFE, 0xFF, 0xFF, 0xFF, 0x0F })]
    [InlineData(int.MinValue, new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x0F })]
    public void Write_ForKnownNumbers_GivesTheirBytes(int value, byte[] expected)
    {
        var target = new byte[Varint.MaxSize32];

        Assert.Equal(expected, target[..Varint.Write(target, value)]);
        Assert.Equal(expected, target[..Varint.Write(target, (long)value)]);
    }

    [Fact]
    public void TryRead_OfAnyNumberWritten_GivesItBackAndEndsBehindIt()
    {
        var random = new RandomBatches(seed: 9);
        var target = new byte[Varint.MaxSize64 + 1];
        foreach (var value in Boundaries.Concat(Enumerable.Range(0, 20_000).Select(_ => random.NextInt64())))
        {
            var size = Varint.Write(target, value);
            var position = 0;
            Assert.Equal(Varint.SizeOf(value), size);
            Assert.True(Varint.TryRead(target, ref position, out long wide));
            Assert.Equal((value, size), (wide, position));

            var shorter = (int)value;
            size = Varint.Write(target, shorter);
            position = 0;
            Assert.Equal(Varint.SizeOf(shorter), size);
            Assert.InRange(size, 1, Varint.MaxSize32);
            Assert.True(Varint.TryRead(target, ref position, out int narrow));
            Assert.Equal((shorter, size), (narrow, position));
        }
    }

    [Fact]
    public void TryRead_OfANumberThatIsCutOff_Refuses()
    {
        var target = new byte[Varint.MaxSize64];
        foreach (var value in Boundaries)
        {
            var size = Varint.Write(target, value);
            for (var length = 0; length < size; length++)
            {
                var position = 0;
                Assert.False(Varint.TryRead(target.AsSpan(0, length), ref position, out long _));
                position = 0;
                Assert.False(Varint.TryRead(target.AsSpan(0, length), ref position, out int _));
            }
        }
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x1F })]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x10 })]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    public void TryRead_OfMoreThan32Bits_RefusesAnInt(byte[] bytes)
    {
        var position = 0;

        Assert.False(Varint.TryRead(bytes, ref position, out int _));
        Assert.False(Varint.TryReadUnsigned32(bytes, out _));
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02 })]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 })]
    public void TryRead_OfMoreThan64Bits_RefusesALong(byte[] bytes)
    {
        var position = 0;

        Assert.False(Varint.TryRead(bytes, ref position, out long _));
    }

    [Fact]
    public void TryRead_OfANumberPaddedWithinItsLimit_TakesItAsKafkaDoes()
    {
        var position = 0;

        Assert.True(Varint.TryRead([0x82, 0x80, 0x80, 0x80, 0x00], ref position, out int value));
        Assert.Equal((1, 5), (value, position));
    }

    [Fact]
    public void TryRead_OfAnyBytesAtAnyPosition_NeverThrowsOrPassesTheEnd()
    {
        var random = new Random(10);
        var bytes = new byte[12];
        for (var i = 0; i < 50_000; i++)
        {
            random.NextBytes(bytes);
            if (i % 2 == 0)
                bytes.AsSpan(0, 11).Fill(0xFF);
            var start = random.Next(bytes.Length + 1);
            var (narrow, wide) = (start, start);

            if (Varint.TryRead(bytes, ref narrow, out int value))
                Assert.InRange(narrow - start, Varint.SizeOf(value), Varint.MaxSize32);
            if (Varint.TryRead(bytes, ref wide, out long longValue))
                Assert.InRange(wide - start, Varint.SizeOf(longValue), Varint.MaxSize64);
            Assert.InRange(Math.Max(narrow, wide), start, bytes.Length);
        }
    }
}
