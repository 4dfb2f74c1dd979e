using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>
/// What to do to a partition next, and when to look at it again. Pure. Everything is decided from what stands in storage, so whoever looks, whenever and
/// however often, goes on where the one before left off. Times are in ms since 1970.
/// </summary>
/// <param name="now">By the storage service's clock.</param>
internal sealed class MaintenancePlan(TopicPartition partition, TopicConfig config, DateTimeOffset now)
{
    /// <summary>How long what a rewritten segment replaced is kept for readers that have not seen the new chain.</summary>
    public static readonly TimeSpan DeadBlobAge = TimeSpan.FromHours(1);

    /// <summary>How often orphans are looked for where segments were proposed since, and where not.</summary>
    public static readonly TimeSpan SweepInterval = TimeSpan.FromDays(1);
    public static readonly TimeSpan QuietSweepInterval = TimeSpan.FromDays(7);

    /// <summary>Every partition is looked at this often, whatever is due.</summary>
    public static readonly TimeSpan LongestRest = TimeSpan.FromDays(7);

    /// <summary>When a step did not succeed.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(5);

    /// <summary>An empty segment takes no row of its own when it is written to; it is looked at this often at most.</summary>
    private static readonly TimeSpan ShortestRestOfEmpty = TimeSpan.FromHours(1);

    private readonly long _now = now.ToUnixTimeMilliseconds();

    /// <summary>When a first segment is to be looked at.</summary>
    public static long FirstLookAt(long createdAt, TopicConfig config) => createdAt + Math.Min(AgeOfInterest(config), Ms(LongestRest));

    public MaintenanceStep Next(SegmentChain chain, MaintenanceProgress progress)
    {
        var head = chain.Head;
        if (!progress.HasExamined(head.Active))
        {
            if (head.Active.CreatedAt + AgeOfInterest(config) <= _now)
                return new MaintenanceStep(MaintenanceKind.ExamineActive);
        }
        else if (progress.IsSealed || (!progress.IsEmpty && RollsAt(head.Active, progress) <= _now))
        {
            return new MaintenanceStep(MaintenanceKind.RollActive);
        }

        if (LogRetention.LogStart(chain, config, now) is var start && start > head.LogStartOffset)
            return new MaintenanceStep(MaintenanceKind.AdvanceLogStart, start);
        if (TakeAtOnce(chain.Sealed.TakeWhile(segment => segment.EndOffset <= head.LogStartOffset)) is { Count: > 0 } removed)
            return new MaintenanceStep(MaintenanceKind.RemoveSegments, removed);
        if (Floor(chain) is var floor && floor > progress.FreedBelow)
            return new MaintenanceStep(MaintenanceKind.FreeBlobs, floor);
        if (TakeAtOnce(chain.Sealed.Where(segment => DeadUntil(chain, segment) <= _now)) is { Count: > 0 } dead)
            return new MaintenanceStep(MaintenanceKind.DropDead, dead);
        // Before segments are rewritten as they are: what is compacted is written anew in any case.
        if (config.Compacts && !progress.IsNotCompacted)
        {
            if (CompactionPlan.Of(chain, config, _now).IsDue)
                return new MaintenanceStep(MaintenanceKind.Compact);
            if (chain.Sealed.Any(segment => CompactionPlan.HasExpired(segment, _now)))
                return new MaintenanceStep(MaintenanceKind.DropTombstones);
        }

        if (chain.Sealed.FirstOrDefault(segment => !segment.IsRewritten && !progress.NotRewritten.Contains(segment.Segment)) is { } plain)
            return new MaintenanceStep(MaintenanceKind.Rewrite, [plain]);
        return SweepAt(head) <= _now ? new MaintenanceStep(MaintenanceKind.SweepOrphans) : new MaintenanceStep(MaintenanceKind.None);
    }

    /// <summary>
    /// When there will be something to do, after <see cref="Next"/> has said that there is nothing now. What follows from storage alone comes to the same time
    /// for all who look, and the rest lies on a grid that is the partition's own: so however many rows of due work a partition has, they run together into one.
    /// </summary>
    public long NextLookAt(SegmentChain? chain, MaintenanceProgress progress)
    {
        var next = Grid(Ms(LongestRest));
        if (progress.IsHeldUp)
            next = Math.Min(next, RetryAt);
        if (chain is not null)
        {
            next = Math.Min(next, ActiveAt(chain.Head.Active, progress));
            next = Math.Min(next, SweepAt(chain.Head));
            foreach (var segment in chain.Sealed)
                next = Math.Min(next, DeadUntil(chain, segment));
            if (config.Compacts && !progress.IsNotCompacted)
                next = Math.Min(next, Math.Min(CompactionPlan.Of(chain, config, _now).LookAt, CompactionPlan.DeleteHorizon(chain)));
            if (chain.Sealed.Count > 0)
                next = Math.Min(next, LogRetention.ExpiresAt(chain, chain.Sealed[0], config));
        }

        return next > _now ? next : RetryAt;
    }

    /// <summary>When to try again what failed.</summary>
    public long RetryAt => Grid(Ms(RetryAfter));

    /// <summary>What the chain begins with: below it there is nothing, and never will be.</summary>
    private static long Floor(SegmentChain chain) => chain.Sealed.Count > 0 ? chain.Sealed[0].BaseOffset : chain.Head.Active.BaseOffset;

    /// <summary>Before this age nothing can have become of an active segment by time.</summary>
    private static long AgeOfInterest(TopicConfig config) =>
        config is { DeletesOldRecords: true, RetentionAge: { } retention } && retention < config.SegmentAge ? Ms(retention) : Ms(config.SegmentAge);

    private static long DeadUntil(SegmentChain chain, ChainSegmentRow segment) =>
        segment.DeadBlob is not null && chain.ChangedAt.TryGetValue(segment.BaseOffset, out var changed) ? (changed + DeadBlobAge).ToUnixTimeMilliseconds() : long.MaxValue;

    private static List<ChainSegmentRow> TakeAtOnce(IEnumerable<ChainSegmentRow> segments) => [.. segments.Take(ChainStore.MaxSegmentsAtOnce)];

    private static long Ms(TimeSpan span) => (long)span.TotalMilliseconds;

    private static long SweepAt(PartitionHeadRow head)
    {
        if (head.SweptAt == 0)
            return 0;
        var isQuiet = head.Active.CreatedAt < head.SweptAt - Ms(SweepInterval);
        return head.SweptAt + Ms(isQuiet ? QuietSweepInterval : SweepInterval);
    }

    /// <summary>By age, or because retention would remove all that is in it.</summary>
    private long RollsAt(ActiveSegmentRef active, MaintenanceProgress progress) => Math.Min(
        active.CreatedAt + Ms(config.SegmentAge),
        LogRetention.ExpiresAt(progress.NewestTimestamp >= 0 ? progress.NewestTimestamp : active.CreatedAt, config));

    private long ActiveAt(ActiveSegmentRef active, MaintenanceProgress progress)
    {
        if (!progress.HasExamined(active))
            return active.CreatedAt + AgeOfInterest(config);
        return progress.IsEmpty ? Grid(Math.Clamp(AgeOfInterest(config), Ms(ShortestRestOfEmpty), Ms(LongestRest))) : RollsAt(active, progress);
    }

    /// <summary>
    /// The next of the partition's own points in time that lie this far apart: the same for all who ask in between, and spread over all partitions.
    /// </summary>
    private long Grid(long period)
    {
        var phase = Phase() % period;
        return ((_now - phase) / period * period) + period + phase;
    }

    /// <summary>FNV-1a over the partition's name: anything that is the same everywhere and different for most.</summary>
    private long Phase()
    {
        var hash = 2166136261u;
        foreach (var c in partition.ToString())
            hash = (hash ^ c) * 16777619;
        return hash;
    }
}
