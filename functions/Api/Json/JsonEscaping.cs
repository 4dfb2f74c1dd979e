using System.Buffers;
using System.Text.Json;

namespace ManagedLog.Functions.Api.Json;

/// <summary>Text with only those escapes that JSON requires: quotation mark, reverse solidus, and what is below U+0020 (RFC 8259, 7).</summary>
internal static class JsonEscaping
{
    private const int FirstPrintable = 0x20;

    /// <summary>
    /// Writes the string or name that the reader stands on, without its quotation marks; never longer than it was. Answers its length.
    /// Throws <see cref="InvalidOperationException"/> where it is no valid Unicode.
    /// </summary>
    public static int Write(ref Utf8JsonReader reader, Span<byte> target)
    {
        var rented = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            var text = rented.AsSpan(0, reader.CopyString(rented));
            var length = 0;
            foreach (var unit in text)
                length += WriteUnit(unit, target[length..]);
            return length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static int WriteUnit(byte unit, Span<byte> target)
    {
        if (unit >= FirstPrintable && unit is not ((byte)'"' or (byte)'\\'))
        {
            target[0] = unit;
            return 1;
        }

        target[0] = (byte)'\\';
        var letter = unit switch
        {
            (byte)'"' or (byte)'\\' => unit,
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            _ => (byte)'u',
        };
        target[1] = letter;
        if (letter != (byte)'u')
            return 2;
        "00"u8.CopyTo(target[2..]);
        target[4] = (byte)(unit < 0x10 ? '0' : '1');
        target[5] = "0123456789abcdef"u8[unit & 0x0F];
        return 6;
    }
}
