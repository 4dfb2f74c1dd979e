using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>
/// The newest checkpoint that somebody wrote of the active segment. It only saves reading: it may be old, of a segment that is not active any more, or gone.
/// </summary>
public sealed record CheckpointRow(SegmentId Segment, long Position, string Blob)
{
    public const int FormatVersion = 1;

    public Dictionary<string, RowValue> Encode() => new()
    {
        ["Format"] = FormatVersion,
        ["Segment"] = Segment.ToString(),
        ["Position"] = Position,
        ["Blob"] = Blob,
    };

    public static CheckpointRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        return new CheckpointRow(RowFormat.Segment(row, "Segment"), RowFormat.Int64(row, "Position", least: 0), RowFormat.Text(row, "Blob"));
    }
}
