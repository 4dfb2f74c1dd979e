using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

public sealed class Crc32CTests
{
    /// <summary>RFC 3720, appendix B.4, and the check value of the catalogue of CRCs ("123456789").</summary>
    [Fact]
    public void Compute_ForThePublishedExamples_GivesTheirValues()
    {
        byte[] rising = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute(rising));
        Assert.Equal(0x113FDB5Cu, Crc32C.Compute([.. rising.Reverse()]));
        Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));
        Assert.Equal(0u, Crc32C.Compute([]));
    }

    /// <summary>Bit by bit, as the polynomial defines it.</summary>
    [Theory]
    [InlineData(3071)]
    [InlineData(3072)]
    [InlineData(3073)]
    [InlineData(10_000)]
    [InlineData(100_001)]
    public void Compute_OfLongInput_IsWhatTheDefinitionGives(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        var defined = uint.MaxValue;
        foreach (var b in bytes)
        {
            defined ^= b;
            for (var bit = 0; bit < 8; bit++)
                defined = (defined >> 1) ^ ((defined & 1) * 0x82F63B78u);
        }

        Assert.Equal(~defined, Crc32C.Compute(bytes));
        Assert.Equal(~defined, ~Crc32C.Append(Crc32C.Append(uint.MaxValue, bytes.AsSpan(0, 1000)), bytes.AsSpan(1000)));
    }

    [Fact]
    public void Append_InAnyTwoParts_GivesTheSameAsAtOnce()
    {
        var bytes = new byte[67];
        new Random(11).NextBytes(bytes);
        for (var cut = 0; cut <= bytes.Length; cut++)
            Assert.Equal(Crc32C.Compute(bytes), ~Crc32C.Append(Crc32C.Append(uint.MaxValue, bytes.AsSpan(0, cut)), bytes.AsSpan(cut)));
    }
}
