using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>How far a group has read one partition of one incarnation of a topic; when it was committed is when the row was written.</summary>
/// <param name="Topic">The topic's name; its id stands in the key.</param>
/// <param name="Offset">The next one to be read.</param>
/// <param name="LeaderEpoch">−1: not known.</param>
/// <param name="Member">Who committed it; null: nobody who was a member.</param>
/// <param name="Epoch">Under which epoch; 0: none.</param>
internal sealed record GroupOffsetRow(string Topic, long Offset, int LeaderEpoch, string Metadata, string? Member, long Epoch)
{
    public const int FormatVersion = 1;

    public Dictionary<string, RowValue> Encode() => new()
    {
        ["Format"] = FormatVersion,
        ["Topic"] = Topic,
        ["Offset"] = Offset,
        ["LeaderEpoch"] = LeaderEpoch,
        ["Metadata"] = Metadata,
        ["Member"] = Member ?? "",
        ["Epoch"] = Epoch,
    };

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format or one that no writer of this format leaves.</summary>
    public static GroupOffsetRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        return new GroupOffsetRow(
            RowFormat.Text(row, "Topic"),
            RowFormat.Int64(row, "Offset", least: 0),
            RowFormat.Int32(row, "LeaderEpoch", least: -1),
            RowFormat.Text(row, "Metadata"),
            RowFormat.OptionalText(row, "Member"),
            RowFormat.Int64(row, "Epoch", least: 0));
    }
}
