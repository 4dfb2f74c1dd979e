using System.Globalization;
using System.Text;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Proof.History;

/// <summary>
/// The content of the records: unlike any other's, of different lengths, and JSON strings, so that every format can carry them. A history names a record by its label,
/// the id in its value and a checksum of key and value: a record of which a byte was changed has a label that nobody wrote. A tombstone has no value; its label is its
/// timestamp, which no other has, and the same checksum.
/// </summary>
internal sealed class Payload
{
    private const int LongestPadding = 300;
    private const char TombstoneMark = '-';

    private Payload(string key, string? value, long? timestamp)
    {
        Key = key;
        Value = value;
        Timestamp = timestamp;
        KeyBytes = Quoted(key);
        ValueBytes = value is null ? null : (ReadOnlyMemory<byte>?)Quoted(value);
        Label = LabelOf(KeyBytes, ValueBytes, timestamp ?? 0);
    }

    /// <summary>Without quotes.</summary>
    public string Key { get; }

    /// <summary>Without quotes; null: a tombstone.</summary>
    public string? Value { get; }

    /// <summary>In ms since 1970; null: when it is sent.</summary>
    public long? Timestamp { get; }

    /// <summary>The key as it is stored: a JSON string.</summary>
    public byte[] KeyBytes { get; }

    /// <summary>The value as it is stored: a JSON string, or null.</summary>
    public ReadOnlyMemory<byte>? ValueBytes { get; }

    public string Label { get; }

    /// <summary>A record with a key of its own.</summary>
    /// <param name="producer">Without blanks, and the only one of its name.</param>
    public static Payload Of(string producer, int number) => Of(IdOf(producer, number), producer, number);

    /// <summary>A record whose key others have too.</summary>
    public static Payload Of(string key, string producer, int number) =>
        new(key, $"{IdOf(producer, number)} {new string((char)('a' + (number % 26)), number * 37 % LongestPadding)}", null);

    /// <param name="timestamp">The only tombstone that has it.</param>
    public static Payload Tombstone(string key, long timestamp) => new(key, null, timestamp);

    public static string LabelOf(ReadOnlySpan<byte> key, ReadOnlyMemory<byte>? value, long timestamp)
    {
        var checksum = ~Crc32C.Append(Crc32C.Append(uint.MaxValue, key), (value ?? default).Span);
        if (value is not { } some)
            return string.Create(CultureInfo.InvariantCulture, $"{TombstoneMark}{timestamp}:{checksum:x8}");
        var end = some.Span.IndexOf((byte)' ');
        var id = end > 0 ? Encoding.UTF8.GetString(some.Span[1..end]) : "?";
        return string.Create(CultureInfo.InvariantCulture, $"{id}:{checksum:x8}");
    }

    public static bool IsTombstone(string label) => label[0] == TombstoneMark;

    /// <summary>Nothing in it needs an escape.</summary>
    public static byte[] Quoted(string text) => Encoding.UTF8.GetBytes($"\"{text}\"");

    private static string IdOf(string producer, int number) => string.Create(CultureInfo.InvariantCulture, $"{producer}/{number}");
}
