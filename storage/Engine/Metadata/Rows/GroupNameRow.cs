using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>That there may be a group by the name in the row's key. Written before the group's head, and deleted when nothing of it is left; the head decides.</summary>
internal static class GroupNameRow
{
    public const int FormatVersion = 1;

    public static Dictionary<string, RowValue> Encode() => new() { ["Format"] = FormatVersion };

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format.</summary>
    public static string Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        return row.Address.RowKey;
    }
}
