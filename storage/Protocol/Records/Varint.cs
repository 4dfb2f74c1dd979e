using System.Numerics;

namespace ManagedLog.Protocol.Records;

/// <summary>
/// The variable-length integers inside records: zig-zag (0, −1, 1, −2 … become 0, 1, 2, 3 …), then seven bits a byte, lowest first, the high bit
/// saying that more follow; as in Protocol Buffers' sint32 and sint64.
/// </summary>
/// <remarks>
/// Reading refuses more than 5 (32 bit) or 10 (64 bit) bytes and any bit beyond the width. A number padded with empty groups inside these limits is
/// taken, because Kafka takes it; writing always gives the shortest form.
/// </remarks>
internal static class Varint
{
    public const int MaxSize32 = 5;
    public const int MaxSize64 = 10;

    public static int SizeOf(int value) => SizeOfUnsigned(ZigZag(value));

    public static int SizeOf(long value) => SizeOfUnsigned(ZigZag(value));

    /// <summary>Writes at the beginning of <paramref name="target"/> and answers the number of bytes; the caller has made room.</summary>
    public static int Write(Span<byte> target, int value) => WriteUnsigned(target, ZigZag(value));

    /// <inheritdoc cref="Write(Span{byte}, int)"/>
    public static int Write(Span<byte> target, long value) => WriteUnsigned(target, ZigZag(value));

    /// <summary>Reads at <paramref name="position"/> and moves it behind the number; false (position and value then mean nothing): it is cut off or too long.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ref int position, out int value)
    {
        var read = TryReadUnsigned(bytes, ref position, MaxSize32, uint.MaxValue, out var raw);
        value = (int)((uint)raw >> 1) ^ -(int)(raw & 1);
        return read;
    }

    /// <inheritdoc cref="TryRead(ReadOnlySpan{byte}, ref int, out int)"/>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ref int position, out long value)
    {
        var read = TryReadUnsigned(bytes, ref position, MaxSize64, ulong.MaxValue, out var raw);
        value = (long)(raw >> 1) ^ -(long)(raw & 1);
        return read;
    }

    /// <summary>Reads an unsigned number of at most 32 bits without zig-zag at the beginning of <paramref name="bytes"/>: how a raw Snappy block says its size.</summary>
    public static bool TryReadUnsigned32(ReadOnlySpan<byte> bytes, out uint value)
    {
        var position = 0;
        var read = TryReadUnsigned(bytes, ref position, MaxSize32, uint.MaxValue, out var raw);
        value = (uint)raw;
        return read;
    }

    private static uint ZigZag(int value) => (uint)((value << 1) ^ (value >> 31));

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static int SizeOfUnsigned(ulong raw) => (BitOperations.Log2(raw | 1) / 7) + 1;

    private static int WriteUnsigned(Span<byte> target, ulong raw)
    {
        var size = 0;
        while (raw > 0x7F)
        {
            target[size++] = (byte)(raw | 0x80);
            raw >>= 7;
        }

        target[size++] = (byte)raw;
        return size;
    }

    private static bool TryReadUnsigned(ReadOnlySpan<byte> bytes, ref int position, int maxSize, ulong maxValue, out ulong raw)
    {
        raw = 0;
        for (var group = 0; group < maxSize && (uint)position < (uint)bytes.Length; group++)
        {
            var next = bytes[position++];
            var bits = (ulong)(next & 0x7F);
            if (bits > maxValue >> (7 * group))
                return false;
            raw |= bits << (7 * group);
            if (next <= 0x7F)
                return true;
        }

        return false;
    }
}
