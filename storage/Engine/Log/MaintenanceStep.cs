using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Log;

/// <summary>One step of a partition's maintenance.</summary>
/// <param name="Offset">The new log start, or the offset below which blobs go.</param>
/// <param name="Segments">The segments concerned.</param>
internal sealed record MaintenanceStep(MaintenanceKind Kind, long Offset, IReadOnlyList<ChainSegmentRow> Segments)
{
    public MaintenanceStep(MaintenanceKind kind, long offset = 0)
        : this(kind, offset, [])
    {
    }

    public MaintenanceStep(MaintenanceKind kind, IReadOnlyList<ChainSegmentRow> segments)
        : this(kind, 0, segments)
    {
    }
}
