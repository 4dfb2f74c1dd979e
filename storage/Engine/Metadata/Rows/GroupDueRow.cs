using System.Globalization;
using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>A group is to be looked at from <paramref name="DueAt"/> on (ms since 1970). All of it stands in the row's key.</summary>
internal readonly record struct GroupDueRow(long DueAt, string Group)
{
    public const int FormatVersion = 1;

    private const int TimeDigits = 15;
    private const string Marker = "-group-";

    public string Key => StorageLayout.DueRowKey(DueAt, Group);

    public static Dictionary<string, RowValue> Encode() => new() { ["Format"] = FormatVersion };

    public static bool IsGroups(string rowKey) => rowKey.Length > TimeDigits + Marker.Length && rowKey.AsSpan(TimeDigits).StartsWith(Marker, StringComparison.Ordinal);

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format or one that no writer of this format leaves.</summary>
    public static GroupDueRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        var key = row.Address.RowKey;
        return IsGroups(key) && long.TryParse(key.AsSpan(0, TimeDigits), NumberStyles.None, CultureInfo.InvariantCulture, out var dueAt)
            ? new GroupDueRow(dueAt, key[(TimeDigits + Marker.Length)..])
            : throw new InvalidDataException($"Row {row.Address} has no key of due work of a group.");
    }
}
