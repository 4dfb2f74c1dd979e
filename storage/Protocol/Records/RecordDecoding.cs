using System.Text;

namespace ManagedLog.Protocol.Records;

/// <summary>Reads one record of a batch as <see cref="RecordEncoding"/> writes it, trusting no length and no count. Never throws.</summary>
internal static class RecordDecoding
{
    /// <summary>The least that a header takes: two lengths.</summary>
    private const int MinHeaderSizeInBytes = 2;

    /// <summary>
    /// Reads the record at <paramref name="position"/> and moves it behind. Offset and timestamp of <paramref name="record"/> are still the deltas.
    /// False: malformed, and nothing after it can be found either.
    /// </summary>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, ref int position, out Record record)
    {
        record = default;
        var span = bytes.Span;
        if (!Varint.TryRead(span, ref position, out int length) || length < 0 || length > span.Length - position)
            return false;
        var end = position + length;
        span = span[..end];
        if (length == 0)
            return false;
        position++; // Attributes: none is defined for records, and Kafka ignores what stands there.
        if (!Varint.TryRead(span, ref position, out long timestampDelta)
            || !Varint.TryRead(span, ref position, out int offsetDelta)
            || !TryReadBytes(bytes, span, ref position, out var key)
            || !TryReadBytes(bytes, span, ref position, out var value)
            || !TryReadHeaders(bytes, span, ref position, out var headers)
            || position != end)
            return false;
        record = new Record(offsetDelta, timestampDelta, key, value, headers);
        return true;
    }

    private static bool TryReadBytes(ReadOnlyMemory<byte> bytes, ReadOnlySpan<byte> span, ref int position, out ReadOnlyMemory<byte>? value)
    {
        value = null;
        if (!Varint.TryRead(span, ref position, out int length))
            return false;
        if (length == -1)
            return true;
        if (length < 0 || length > span.Length - position)
            return false;
        value = bytes.Slice(position, length);
        position += length;
        return true;
    }

    private static bool TryReadHeaders(ReadOnlyMemory<byte> bytes, ReadOnlySpan<byte> span, ref int position, out RecordHeader[] headers)
    {
        headers = [];
        if (!Varint.TryRead(span, ref position, out int count) || count < 0 || count > RecordLimits.MaxHeaders
            || (long)count * MinHeaderSizeInBytes > span.Length - position)
            return false;
        if (count == 0)
            return true;
        headers = new RecordHeader[count];
        for (var i = 0; i < count; i++)
        {
            if (!Varint.TryRead(span, ref position, out int length) || length < 0 || length > span.Length - position)
                return false;
            var key = Encoding.UTF8.GetString(span.Slice(position, length));
            position += length;
            if (!TryReadBytes(bytes, span, ref position, out var value))
                return false;
            headers[i] = new RecordHeader(key, value);
        }

        return true;
    }
}
