using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>What this look at a partition has found out or given up on, beyond what the chain tells.</summary>
internal sealed record MaintenanceProgress
{
    /// <summary>The active segment that was examined; none if none was.</summary>
    public SegmentId Examined { get; init; }

    public bool IsSealed { get; init; }

    public bool IsEmpty { get; init; }

    /// <summary>The largest timestamp in it; −1 when its records have none.</summary>
    public long NewestTimestamp { get; init; }

    /// <summary>All blobs below this offset have been freed.</summary>
    public long FreedBelow { get; init; }

    /// <summary>Cannot be rewritten now; the others can.</summary>
    public IReadOnlyList<SegmentId> NotRewritten { get; init; } = [];

    /// <summary>Cannot be compacted now.</summary>
    public bool IsNotCompacted { get; init; }

    /// <summary>Something was left for later because it did not succeed.</summary>
    public bool IsHeldUp { get; init; }

    public bool HasExamined(ActiveSegmentRef active) => Examined != SegmentId.None && Examined == active.Segment;
}
