using System.Globalization;
using System.Text;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Proof.History;

/// <summary>
/// The content of the records: unlike any other's, of different lengths, and JSON strings, so that every format can carry them. A history names a record by its label,
/// the id in its value and a checksum of key and value: a record of which a byte was changed has a label that nobody wrote.
/// </summary>
internal sealed class Payload
{
    private const int LongestPadding = 300;

    private Payload(string id, string value)
    {
        Id = id;
        Value = value;
        KeyBytes = Quoted(id);
        ValueBytes = Quoted(value);
        Label = LabelOf(KeyBytes, ValueBytes);
    }

    /// <summary>The key, without quotes.</summary>
    public string Id { get; }

    /// <summary>The value, without quotes.</summary>
    public string Value { get; }

    /// <summary>The key as it is stored: a JSON string.</summary>
    public byte[] KeyBytes { get; }

    /// <summary>The value as it is stored: a JSON string.</summary>
    public byte[] ValueBytes { get; }

    public string Label { get; }

    /// <param name="producer">Without blanks, and the only one of its name.</param>
    public static Payload Of(string producer, int number)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{producer}/{number}");
        return new Payload(id, $"{id} {new string((char)('a' + (number % 26)), number * 37 % LongestPadding)}");
    }

    public static string LabelOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var checksum = ~Crc32C.Append(Crc32C.Append(uint.MaxValue, key), value);
        var end = value.IndexOf((byte)' ');
        var id = end > 0 ? Encoding.UTF8.GetString(value[1..end]) : "?";
        return string.Create(CultureInfo.InvariantCulture, $"{id}:{checksum:x8}");
    }

    /// <summary>Nothing in it needs an escape.</summary>
    public static byte[] Quoted(string text) => Encoding.UTF8.GetBytes($"\"{text}\"");
}
