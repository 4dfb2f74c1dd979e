using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Simulation.Judging;

namespace ManagedLog.Simulation.Workload;

/// <summary>
/// Remembers all that ever stood in each partition. Looks at the storage itself at the moment when a head or a chain changes, so nothing can come and go
/// unseen: each image must be sound, follow from the one before, and change no more than somebody had a right to.
/// </summary>
internal sealed class Chronicle(World world)
{
    /// <summary>So long what a rewritten segment has replaced stays, for readers that have not seen the new chain.</summary>
    private static readonly TimeSpan DeadBlobAge = TimeSpan.FromHours(1);

    private readonly LogImageReader _images = new(world.Effects, world.Effects.IsFull, world.Effects.IsGone);
    private readonly Dictionary<TopicPartition, LogImage> _whole = [];
    private readonly Dictionary<TopicPartition, LogImage> _current = [];
    private readonly Dictionary<string, long> _deadAt = new(StringComparer.Ordinal);

    public long Rewrites { get; private set; }

    public long Advances { get; private set; }

    public long Removals { get; private set; }

    public long Sweeps { get; private set; }

    /// <summary>Records that compaction took away.</summary>
    public long Compacted { get; private set; }

    /// <summary>The partition as it is now, with all that ever stood in it.</summary>
    public async ValueTask<LogImage> LookAsync(TopicPartition partition)
    {
        var isCompacted = world.IsCompacted(partition);
        var image = await _images.ReadAsync(partition, isCompacted);
        Report(image.Violations);
        if (_whole.TryGetValue(partition, out var earlier))
        {
            var before = _current[partition];
            _current[partition] = image;
            if (isCompacted)
            {
                Report(CompactedSuccession.Check(earlier, before, image, world.Loop.Time.GetUtcNow().ToUnixTimeMilliseconds()));
                if (image.StartOffset > before.StartOffset)
                    Report(world.RightsOver(partition).Check(before, image));
                Compacted += Math.Max(0, RecordsBelow(before, before.Head) - RecordsBelow(image, before.Head));
            }
            else
            {
                Report(Succession.Check(earlier, image, world.RightsOver(partition)));
            }

            Count(earlier, image);
            image = isCompacted ? CompactedSuccession.Join(earlier, image) : Succession.Join(earlier, image);
        }
        else
        {
            _current[partition] = image;
        }

        if (!image.IsDeleted && image.Head?.Active is { } active && active != earlier?.Head?.Active)
            await CheckProducersAsync(image, active);
        return _whole[partition] = image;
    }

    /// <summary>As it was when it was last looked at, without what is gone.</summary>
    public LogImage CurrentOf(TopicPartition partition) => _current[partition];

    /// <summary>Its log start now; 0 when nothing is known of it.</summary>
    public long StartOf(TopicPartition partition) => _whole.TryGetValue(partition, out var image) ? image.StartOffset : 0;

    public bool IsDeleted(TopicPartition partition) => _whole.TryGetValue(partition, out var image) && image.IsDeleted;

    /// <summary>All partitions that ever were, as they are now.</summary>
    public async ValueTask<IReadOnlyList<LogImage>> LookEverywhereAsync()
    {
        var images = new List<LogImage>();
        foreach (var partition in world.Effects.Partitions.ToList())
        {
            var image = await LookAsync(partition);
            await CheckCheckpointAsync(image);
            if (world.Buried.TryGetValue(partition, out var buried))
                Report(Judge.CheckDeletion(buried, image));
            images.Add(image);
        }

        return images;
    }

    /// <summary>A blob is about to be deleted: what was appended to it since the last look is seen now or never.</summary>
    public async ValueTask BeforeDeletionAsync(TopicPartition partition, string blob)
    {
        if (!_whole.TryGetValue(partition, out var image) || image.Head is not { } head)
            return;
        if (image.IsDeleted && blob == StorageLayout.LogBlob(partition, head.Active.BaseOffset, head.Active.Segment))
            await LookAsync(partition);
        else if (!image.IsDeleted && Named(image).Contains(blob) && !(_deadAt.TryGetValue(blob, out var at) && world.Now - at >= DeadBlobAge.Ticks))
            world.Report("I11", $"{blob} is deleted, which the chain of {partition} names{(_deadAt.ContainsKey(blob) ? " and which was replaced less than an hour ago" : "")}");
    }

    /// <summary>All that head and chain name.</summary>
    public static IEnumerable<string> Named(LogImage image)
    {
        var names = image.Chain.SelectMany(row => row.DeadBlobs.Append(row.Blob).Append(row.ProducersBlob));
        return image.Head?.Active is { } active && active.Segment != SegmentId.None
            ? names.Append(StorageLayout.LogBlob(image.Partition, active.BaseOffset, active.Segment)).Append(active.ProducersBlob).OfType<string>()
            : names.OfType<string>();
    }

    private static long RecordsBelow(LogImage image, PartitionHeadRow? head) =>
        image.Batches.Where(batch => batch.BaseOffset < head?.Active.BaseOffset && batch.BaseOffset >= image.StartOffset).Sum(batch => (long)batch.Header.RecordCount);

    private void Count(LogImage earlier, LogImage later)
    {
        foreach (var row in later.Chain)
        {
            foreach (var blob in row.DeadBlobs)
                _deadAt.TryAdd(blob, world.Now);
        }

        Rewrites += later.Chain.Count(row => row.IsRewritten && earlier.Chain.Any(e => e.Segment == row.Segment && !e.IsRewritten));
        Advances += later.StartOffset > earlier.StartOffset ? 1 : 0;
        Removals += later.IsDeleted ? 0 : earlier.Chain.Count(e => later.Chain.All(row => row.Segment != e.Segment));
        Sweeps += later.Head?.SweptAt != earlier.Head?.SweptAt ? 1 : 0;
    }

    /// <summary>The snapshot at the base of a new active segment says what the log below it does (I8).</summary>
    private async ValueTask CheckProducersAsync(LogImage image, ActiveSegmentRef active)
    {
        var snapshot = default(ReadOnlyMemory<byte>);
        if (active.ProducersBlob is { } blob)
        {
            var read = await world.Effects.ReadRangeAsync(blob, 0, int.MaxValue, CancellationToken.None);
            if (!read.IsDone)
                return;
            snapshot = read.Value.Content;
        }

        if (ProducerReplay.FindDifference(snapshot.Span, image.Batches, active.BaseOffset, world.Scenario.Engine.ProducerIdExpiration) is { } difference)
            world.Report("I8", $"{image.Partition}: the snapshot at {active.BaseOffset} says {difference} than the log below it");
    }

    /// <summary>A checkpoint of the active segment, if there is one, says what the log up to its position does (I8).</summary>
    private async ValueTask CheckCheckpointAsync(LogImage image)
    {
        if (image.IsDeleted || image.Head is null)
            return;
        var address = new RowAddress(StorageLayout.PartitionKey(image.Partition), StorageLayout.CheckpointRowKey);
        var row = await world.Effects.ReadRowAsync(StorageLayout.PartitionsTable, address, CancellationToken.None);
        if (!row.IsDone || CheckpointRow.Decode(row.Value) is not { } named || named.Segment != image.Head.Active.Segment)
            return;
        var read = await world.Effects.ReadRangeAsync(named.Blob, 0, int.MaxValue, CancellationToken.None);
        if (!read.IsDone)
            return;
        var expiry = world.Scenario.Engine.ProducerIdExpiration;
        if (Engine.Log.Checkpoint.Decode(read.Value.Content.Span, expiry) is not { } checkpoint || checkpoint.Segment != named.Segment || checkpoint.Position != named.Position)
            world.Report("I8", $"{image.Partition}: {named.Blob} is no checkpoint of {named.Segment} at {named.Position}");
        else if (image.Batches.All(batch => batch.Header.NextOffset != checkpoint.NextOffset) && checkpoint.NextOffset != image.Head.Active.BaseOffset)
            world.Report("I8", $"{image.Partition}: the checkpoint at {named.Position} ends at {checkpoint.NextOffset}, where no batch does");
        else if (ProducerReplay.FindDifference(checkpoint.Producers.Encode(), image.Batches, checkpoint.NextOffset, expiry) is { } difference)
            world.Report("I8", $"{image.Partition}: the checkpoint at {checkpoint.NextOffset} says {difference} than the log below it");
    }

    private void Report(IEnumerable<Violation> violations)
    {
        foreach (var violation in violations)
            world.Report(violation);
    }
}
