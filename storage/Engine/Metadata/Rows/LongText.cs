using System.Text;
using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>A text that may be too long for one property: it goes on in <c>{name}1</c>, <c>{name}2</c> and so on.</summary>
internal static class LongText
{
    public static void Write(Dictionary<string, RowValue> properties, string name, string text)
    {
        var number = 0;
        do
        {
            var length = Math.Min(text.Length - (number * RowBatch.MaxStringCharacters), RowBatch.MaxStringCharacters);
            properties[NameOf(name, number)] = text.Substring(number * RowBatch.MaxStringCharacters, length);
            number++;
        }
        while (number * RowBatch.MaxStringCharacters < text.Length);
    }

    public static string Read(Row row, string name)
    {
        var first = RowFormat.Text(row, name);
        if (!row.Properties.ContainsKey(NameOf(name, 1)))
            return first;
        var text = new StringBuilder(first);
        for (var number = 1; row.Properties.ContainsKey(NameOf(name, number)); number++)
            text.Append(RowFormat.Text(row, NameOf(name, number)));
        return text.ToString();
    }

    private static string NameOf(string name, int number) => number == 0 ? name : FormattableString.Invariant($"{name}{number}");
}
