using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>
/// A member has a partition exactly while this row names it under its current epoch. It is inserted by whom it names, deleted by it, and replaced by the next one once the member row
/// with that epoch is gone.
/// </summary>
/// <param name="Topic">The topic's name; its id stands in the key.</param>
internal sealed record GroupOwnerRow(string Topic, string Member, long Epoch)
{
    public const int FormatVersion = 1;

    public Dictionary<string, RowValue> Encode() => new() { ["Format"] = FormatVersion, ["Topic"] = Topic, ["Member"] = Member, ["Epoch"] = Epoch };

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format.</summary>
    public static GroupOwnerRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        return new GroupOwnerRow(RowFormat.Text(row, "Topic"), RowFormat.Text(row, "Member"), RowFormat.Int64(row, "Epoch", least: 0));
    }
}
