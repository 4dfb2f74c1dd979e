using System.Globalization;
using System.Text;
using System.Text.Json;
using ManagedLog.Engine.Backend;

namespace ManagedLog.Fixtures;

/// <summary>Rows as text that can be compared line by line: a line with table and keys, and a line for each property with its type, by name.</summary>
internal static class RowText
{
    public static string Write(IEnumerable<StoredRow> rows)
    {
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            text.Append(row.Table).Append(' ').Append(row.Address.PartitionKey).Append(' ').Append(row.Address.RowKey).Append('\n');
            foreach (var (name, value) in row.Properties.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                text.Append("  ").Append(name).Append(' ').Append(Write(value)).Append('\n');
        }

        return text.ToString();
    }

    public static IReadOnlyList<StoredRow> Read(string text)
    {
        var rows = new List<StoredRow>();
        var properties = new Dictionary<string, RowValue>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.TrimStart().Split(' ', 3);
            if (line[0] == ' ')
            {
                properties.Add(words[0], Read(words[1], words[2]));
                continue;
            }

            properties = [];
            rows.Add(new StoredRow(words[0], new RowAddress(words[1], words[2]), properties));
        }

        return rows;
    }

    private static string Write(RowValue value) => value.Value switch
    {
        string text => $"string {JsonSerializer.Serialize(text)}",
        int number => string.Create(CultureInfo.InvariantCulture, $"int {number}"),
        long number => string.Create(CultureInfo.InvariantCulture, $"long {number}"),
        double number => string.Create(CultureInfo.InvariantCulture, $"double {number:R}"),
        bool truth => truth ? "bool true" : "bool false",
        byte[] bytes => $"bytes {Convert.ToHexStringLower(bytes)}",
        _ => throw new ArgumentException($"A row cannot hold a {value.Value.GetType().Name}.", nameof(value)),
    };

    private static RowValue Read(string type, string text) => type switch
    {
        "string" => JsonSerializer.Deserialize<string>(text)!,
        "int" => int.Parse(text, CultureInfo.InvariantCulture),
        "long" => long.Parse(text, CultureInfo.InvariantCulture),
        "double" => double.Parse(text, CultureInfo.InvariantCulture),
        "bool" => bool.Parse(text),
        "bytes" => Convert.FromHexString(text),
        _ => throw new InvalidDataException($"No such type: {type}"),
    };
}
