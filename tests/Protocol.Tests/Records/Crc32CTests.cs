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

    [Fact]
    public void Append_InAnyTwoParts_GivesTheSameAsAtOnce()
    {
        var bytes = new byte[67];
        new Random(11).NextBytes(bytes);
        for (var cut = 0; cut <= bytes.Length; cut++)
            Assert.Equal(Crc32C.Compute(bytes), ~Crc32C.Append(Crc32C.Append(uint.MaxValue, bytes.AsSpan(0, cut)), bytes.AsSpan(cut)));
    }
}
