using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>Who did the housekeeping when it last had something to do. For people to look at; nothing depends on it.</summary>
/// <param name="ElectedAt">When the instance was first elected, ms since 1970, by its clock.</param>
/// <param name="At">When it wrote this, ms since 1970, by its clock.</param>
internal sealed record HousekeepingRow(string Instance, long ElectedAt, long At, string Summary)
{
    public const int FormatVersion = 1;

    public Dictionary<string, RowValue> Encode() => new() { ["Format"] = FormatVersion, ["Instance"] = Instance, ["ElectedAt"] = ElectedAt, ["At"] = At, ["Summary"] = Summary };

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format or one that no writer of this format leaves.</summary>
    public static HousekeepingRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        return new HousekeepingRow(RowFormat.Text(row, "Instance"), RowFormat.Int64(row, "ElectedAt"), RowFormat.Int64(row, "At"), RowFormat.Text(row, "Summary"));
    }
}
