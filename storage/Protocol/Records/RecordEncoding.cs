using System.Text;

namespace ManagedLog.Protocol.Records;

/// <summary>
/// Writes one record of a batch: length (of all that follows), attributes (one byte, always 0), timestamp delta, offset delta, key length and key, value length and value,
/// number of headers, and each header's key length, key, value length, value. All numbers but the attributes are <see cref="Varint"/>s; length −1 is null.
/// </summary>
internal static class RecordEncoding
{
    /// <summary>Attributes, timestamp delta and offset delta at their longest.</summary>
    private const int MaxSizeOfDeltas = 1 + Varint.MaxSize64 + Varint.MaxSize32;

    /// <summary>An upper bound for any timestamp and offset.</summary>
    public static long MaxSizeOf(ReadOnlyMemory<byte>? key, ReadOnlyMemory<byte>? value, IReadOnlyList<RecordHeader> headers) =>
        Varint.MaxSize32 + MaxSizeOfDeltas + SizeOfContent(key, value, headers);

    /// <summary>What the length field will say: everything behind it. A long, because the sum of legal parts may pass 2³¹.</summary>
    public static long SizeOfBody(long timestampDelta, int offsetDelta, long sizeOfContent) =>
        1 + Varint.SizeOf(timestampDelta) + Varint.SizeOf(offsetDelta) + sizeOfContent;

    public static long SizeOfContent(ReadOnlyMemory<byte>? key, ReadOnlyMemory<byte>? value, IReadOnlyList<RecordHeader> headers)
    {
        long size = SizeOf(key) + SizeOf(value) + Varint.SizeOf(headers.Count);
        for (var i = 0; i < headers.Count; i++)
        {
            var header = headers[i];
            var keyLength = Encoding.UTF8.GetByteCount(header.Key);
            size += Varint.SizeOf(keyLength) + keyLength + SizeOf(header.Value);
        }

        return size;
    }

    /// <summary>Writes length and body and answers the number of bytes.</summary>
    public static int Write(
        Span<byte> target, int sizeOfBody, long timestampDelta, int offsetDelta, (ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value, IReadOnlyList<RecordHeader> Headers) content)
    {
        var at = Varint.Write(target, sizeOfBody);
        target[at++] = 0;
        at += Varint.Write(target[at..], timestampDelta);
        at += Varint.Write(target[at..], offsetDelta);
        at += Write(target[at..], content.Key);
        at += Write(target[at..], content.Value);
        var headers = content.Headers;
        at += Varint.Write(target[at..], headers.Count);
        for (var i = 0; i < headers.Count; i++)
        {
            var header = headers[i];
            at += Varint.Write(target[at..], Encoding.UTF8.GetByteCount(header.Key));
            at += Encoding.UTF8.GetBytes(header.Key, target[at..]);
            at += Write(target[at..], header.Value);
        }

        return at;
    }

    private static long SizeOf(ReadOnlyMemory<byte>? bytes) => bytes is { } some ? (long)Varint.SizeOf(some.Length) + some.Length : 1;

    private static int Write(Span<byte> target, ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } some)
            return Varint.Write(target, -1);
        var at = Varint.Write(target, some.Length);
        some.Span.CopyTo(target[at..]);
        return at + some.Length;
    }
}
