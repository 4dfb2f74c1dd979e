using System.Buffers.Binary;

namespace ManagedLog.Fuzzing;

/// <summary>Makes something else out of valid bytes: bits, bytes, numbers where lengths and counts may stand, parts removed, doubled, cut off, taken from others of their kind.</summary>
internal static class Mutator
{
    private static readonly long[] Numbers = [0, 1, -1, 2, 4, 7, 8, 60, 61, 127, 128, 255, 256, 1 << 15, 1 << 16, 1 << 20, 1 << 26, int.MaxValue, int.MinValue, 1L << 32, 1L << 62, long.MaxValue, long.MinValue];

    public static byte[] Mutate(Random random, IReadOnlyList<byte[]> corpus)
    {
        var bytes = (byte[])corpus[random.Next(corpus.Count)].Clone();
        // One input in sixteen is as it was: what is valid must be taken.
        for (var changes = random.Next(16) == 0 ? 0 : random.Next(1, 5); changes > 0 && bytes.Length > 0; changes--)
            bytes = Change(random, bytes, corpus);
        return bytes;
    }

    private static byte[] Change(Random random, byte[] bytes, IReadOnlyList<byte[]> corpus)
    {
        // Half of all changes fall on the first hundred bytes or the last: there stands what decides how the rest is read.
        var at = random.Next(4) switch
        {
            0 => random.Next(Math.Min(100, bytes.Length)),
            1 => bytes.Length - 1 - random.Next(Math.Min(100, bytes.Length)),
            _ => random.Next(bytes.Length),
        };
        var end = Math.Min(bytes.Length, at + random.Next(1, random.Next(8) == 0 ? 4096 : 40));
        switch (random.Next(10))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2:
                bytes[at] = (byte)(random.Next(2) == 0 ? 0xFF : 0x7F);
                return bytes;
            case 3:
                return [.. bytes[..at], .. bytes[end..]];
            case 4:
                return [.. bytes[..end], .. bytes[at..]];
            case 5:
                random.NextBytes(bytes.AsSpan(at, end - at));
                return bytes;
            case 6:
                return bytes[..at];
            case 7:
                var other = corpus[random.Next(corpus.Count)];
                return [.. bytes[..at], .. other[Math.Min(at, other.Length)..]];
            case 8:
                PutNumber(random, bytes.AsSpan(at), bytes.Length);
                return bytes;
            default:
                bytes.AsSpan(at, end - at).Fill((byte)random.Next(256));
                return bytes;
        }
    }

    /// <summary>A number where it may be taken for a length, a count, an offset or a position.</summary>
    private static void PutNumber(Random random, Span<byte> at, int length)
    {
        var number = random.Next(4) == 0 ? length + random.Next(-3, 4) : Numbers[random.Next(Numbers.Length)];
        Span<byte> encoded = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(encoded, number);
        var size = Math.Min(1 << random.Next(1, 4), at.Length);
        encoded[^size..].CopyTo(at);
    }
}
