using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>Work that a deletion leaves behind: rows and blobs of this many partitions are still to be freed. Times in whole milliseconds.</summary>
internal sealed record DeletedTopicRow(TopicId Id, string Name, int Partitions, DateTimeOffset DeletedAt)
{
    public const int FormatVersion = 1;

    public Dictionary<string, RowValue> Encode() => new()
    {
        ["Format"] = FormatVersion,
        ["TopicId"] = Id.ToString(),
        ["Name"] = Name,
        ["Partitions"] = Partitions,
        ["DeletedAt"] = DeletedAt.ToUnixTimeMilliseconds(),
    };

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format.</summary>
    public static DeletedTopicRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        return new DeletedTopicRow(
            RowFormat.Topic(row, "TopicId"),
            RowFormat.Text(row, "Name"),
            RowFormat.Int32(row, "Partitions", least: 0),
            RowFormat.Time(row, "DeletedAt"));
    }
}
