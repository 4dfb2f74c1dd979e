using System.Globalization;
using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>A partition is to be looked at from <paramref name="DueAt"/> on (ms since 1970). All of it stands in the row's key.</summary>
internal readonly record struct DueRow(long DueAt, TopicPartition Partition)
{
    public const int FormatVersion = 1;

    public string Key => StorageLayout.DueRowKey(DueAt, Partition);

    public static Dictionary<string, RowValue> Encode() => new() { ["Format"] = FormatVersion };

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format or one that no writer of this format leaves.</summary>
    public static DueRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        var parts = row.Address.RowKey.Split('-');
        return parts.Length == 3
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var dueAt)
            && TopicId.TryParse(parts[1], out var topic)
            && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var partition)
            ? new DueRow(dueAt, new TopicPartition(topic, partition))
            : throw new InvalidDataException($"Row {row.Address} has no key of due work.");
    }
}
