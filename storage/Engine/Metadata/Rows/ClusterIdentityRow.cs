using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>The cluster id. Written once, never changed.</summary>
internal sealed record ClusterIdentityRow(string ClusterId)
{
    public const int FormatVersion = 1;

    public Dictionary<string, RowValue> Encode() => new() { ["Format"] = FormatVersion, ["ClusterId"] = ClusterId };

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format.</summary>
    public static ClusterIdentityRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        return new ClusterIdentityRow(RowFormat.Text(row, "ClusterId"));
    }
}
