using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Simulation.Judging;

/// <summary>
/// Reads a partition straight from storage, and says what is wrong with its structure: whole batches with dense offsets and epochs that never decrease (I1, I2,
/// I3), a chain without gap or overlap, sealed where the chain says, with one open end, all that it names there (I11), and rewritten segments whose footers are
/// their own (I12).
/// </summary>
/// <param name="storage">The storage itself, without faults. Nothing may change between the calls of one image.</param>
/// <param name="isFull">Whether a blob can take no more blocks: such a one needs no seal (R12).</param>
/// <param name="isGone">Whether a blob was deleted: under a deleted topic's name a creation that comes late makes it again, empty, for the next sweep.</param>
internal sealed class LogImageReader(IStorageBackend storage, Func<string, bool> isFull, Func<string, bool>? isGone = null)
{
    private readonly SegmentScans _scans = new(storage);

    /// <param name="isCompacted">Rewritten segments may have gaps.</param>
    public async Task<LogImage> ReadAsync(TopicPartition partition, bool isCompacted = false)
    {
        var found = new List<Violation>();
        var row = await storage.ReadRowAsync(
            StorageLayout.PartitionsTable, new RowAddress(StorageLayout.PartitionKey(partition), StorageLayout.HeadRowKey), CancellationToken.None);
        var head = row.IsDone ? PartitionHeadRow.Decode(row.Value) : null;
        if (head is { State: PartitionState.Deleting })
            return await ReadDeletedAsync(partition, head);
        var chain = await ReadChainAsync(partition);
        if (head is null || head.Active.Segment == SegmentId.None)
        {
            if (chain.Count > 0)
                found.Add(new Violation("I11", $"{partition} has {chain.Count} chain rows but no head that names a segment"));
            return new LogImage(partition, head, chain, [], TailState.Open, found);
        }

        CheckChain(partition, head, chain, found);
        var batches = new List<StoredBatch>();
        var predecessor = SegmentId.None;
        foreach (var segment in chain)
        {
            await CheckNamedAsync(partition, segment.ProducersBlob, found);
            if (await ScanAsync(partition, segment, predecessor, isCompacted, found) is { } scan)
                batches.AddRange(SealedBatches(partition, segment, scan, isCompacted && segment.IsRewritten, found));
            predecessor = segment.Segment;
        }

        await CheckNamedAsync(partition, head.Active.ProducersBlob, found);
        var blob = StorageLayout.LogBlob(partition, head.Active.BaseOffset, head.Active.Segment);
        var active = await ScanLogAsync(partition, blob, (head.Active.Segment, head.Active.BaseOffset, predecessor), found);
        batches.AddRange(active?.Batches ?? []);
        CheckEpochs(partition, batches, found);
        if (!isCompacted)
            CheckSequences(partition, batches, found);
        return new LogImage(partition, head, chain, batches, TailOf(blob, active), found);
    }

    /// <summary>
    /// What the sequences of producers that number their batches themselves say: they follow on one another without a gap. What instances number need not: they
    /// drop what failed. Where a log does not begin with offset 0, a producer's first batch may have any.
    /// </summary>
    public static void CheckSequences(TopicPartition partition, IReadOnlyList<StoredBatch> batches, List<Violation> found)
    {
        var isWhole = batches.Count == 0 || batches[0].BaseOffset == 0;
        var expected = new Dictionary<ProducerIdentity, int>();
        foreach (var batch in batches.Where(b => !InstanceProducer.Is(b.Header.Producer.Id) && !b.Header.Producer.IsNone))
        {
            var identity = batch.Header.Identity;
            var next = expected.TryGetValue(identity.Producer, out var follows) ? follows : isWhole ? 0 : identity.BaseSequence;
            if (identity.BaseSequence != next)
                found.Add(new Violation("I6", $"{partition}: {batch} of {identity.Producer} has sequence {identity.BaseSequence} where {next} must come"));
            expected[identity.Producer] = BatchIdentity.Advance(identity.BaseSequence, batch.Header.RecordCount);
        }
    }

    /// <summary>
    /// The active segment, as long as it is there: an append may land in it until it is sealed. An empty blob by its name is one that a late creation brought back after it was
    /// freed: whoever knew the segment knows a position in it that is gone, and whoever does not finds a head that is deleted.
    /// </summary>
    private async Task<LogImage> ReadDeletedAsync(TopicPartition partition, PartitionHeadRow head)
    {
        if (head.Active.Segment == SegmentId.None)
            return new LogImage(partition, head, [], [], TailState.Sealed, []);
        var blob = StorageLayout.LogBlob(partition, head.Active.BaseOffset, head.Active.Segment);
        var active = await _scans.ReadAsync(blob);
        return active is null || isGone?.Invoke(blob) == true || active is { Header: null, Rest: 0 }
            ? new LogImage(partition, head, [], [], TailState.Sealed, [])
            : new LogImage(partition, head, [], active.Batches, TailOf(blob, active), []);
    }

    private TailState TailOf(string blob, SegmentScan? active) => active?.Seal is not null ? TailState.Sealed : isFull(blob) ? TailState.Full : TailState.Open;

    private async Task<List<ChainSegmentRow>> ReadChainAsync(TopicPartition partition)
    {
        var rows = new List<ChainSegmentRow>();
        string? continuation = null;
        do
        {
            var query = new RowQuery(
                StorageLayout.PartitionKey(partition), StorageLayout.SegmentRowKeyPrefix, StorageLayout.SegmentRowKeyEnd, Continuation: continuation);
            var page = await storage.QueryRowsAsync(StorageLayout.PartitionsTable, query, CancellationToken.None);
            if (!page.IsDone)
                return rows;
            rows.AddRange(page.Value.Rows.Select(ChainSegmentRow.Decode));
            continuation = page.Value.Continuation;
        }
        while (continuation is not null);
        return rows;
    }

    private static void CheckChain(TopicPartition partition, PartitionHeadRow head, List<ChainSegmentRow> chain, List<Violation> found)
    {
        var expected = chain.Count > 0 ? chain[0].BaseOffset : head.Active.BaseOffset;
        if (expected > head.LogStartOffset)
            found.Add(new Violation("I11", $"{partition} begins at {expected}, above its log start {head.LogStartOffset}"));
        foreach (var segment in chain)
        {
            if (segment.BaseOffset != expected)
                found.Add(new Violation("I11", $"{partition}: the chain goes on at {segment.BaseOffset} where {expected} should be"));
            if (segment.EndOffset <= segment.BaseOffset)
                found.Add(new Violation("I11", $"{partition}: segment {segment.Segment} at {segment.BaseOffset} is chained though it is empty (R2)"));
            expected = segment.EndOffset;
        }

        if (head.Active.BaseOffset != expected)
            found.Add(new Violation("I11", $"{partition}: the active segment begins at {head.Active.BaseOffset}, the chain ends at {expected}"));
    }

    private async Task CheckNamedAsync(TopicPartition partition, string? blob, List<Violation> found)
    {
        if (blob is not null && !(await storage.GetBlobAsync(blob, CancellationToken.None)).IsDone)
            found.Add(new Violation("I11", $"{partition}: {blob} belongs to the log and does not exist"));
    }

    private async Task<SegmentScan?> ScanAsync(TopicPartition partition, ChainSegmentRow row, SegmentId predecessor, bool isCompacted, List<Violation> found)
    {
        if (!row.IsRewritten)
            return await ScanLogAsync(partition, row.Blob, (row.Segment, row.BaseOffset, predecessor), found);
        var scan = await _scans.ReadAsync(row.Blob, row.Bytes);
        if (scan is null)
        {
            found.Add(new Violation("I11", $"{partition}: {row.Blob} belongs to the log and does not exist"));
            return null;
        }

        if (scan.FirstMisplaced(isCompacted) is { } misplaced)
            found.Add(new Violation("I3", $"{partition}: {row.Blob} holds a batch for offset {misplaced.BaseOffset} where another must come: a gap or an overlap"));
        await CheckFooterAsync(partition, row, found);
        return scan;
    }

    private async Task CheckFooterAsync(TopicPartition partition, ChainSegmentRow row, List<Violation> found)
    {
        var bytes = await storage.ReadRangeAsync(row.Blob, row.Bytes, row.FooterBytes, CancellationToken.None);
        if (!SegmentFooter.TryDecode(bytes.Value.Content, out var footer))
        {
            found.Add(new Violation("I12", $"{partition}: {row.Blob} has no footer of {row.FooterBytes} bytes at {row.Bytes}"));
            return;
        }

        var summary = footer.Summary;
        if (summary.TopicPartition != partition || summary.Segment != row.Segment || summary.BaseOffset != row.BaseOffset || summary.EndOffset != row.EndOffset
            || summary.Bytes != row.Bytes || summary.MaxTimestamp != row.MaxTimestamp || summary.LeaderEpoch != row.LeaderEpoch)
            found.Add(new Violation("I12", $"{partition}: the footer of {row.Blob} is of {summary}, the chain has {row}"));
    }

    private async Task<SegmentScan?> ScanLogAsync(
        TopicPartition partition, string blob, (SegmentId Segment, long BaseOffset, SegmentId Predecessor) expected, List<Violation> found)
    {
        var scan = await _scans.ReadAsync(blob);
        if (scan is null)
        {
            found.Add(new Violation("I11", $"{partition}: {blob} belongs to the log and does not exist"));
            return null;
        }

        if (scan.Header is not { } header
            || header.TopicPartition != partition || header.Segment != expected.Segment || header.BaseOffset != expected.BaseOffset)
            found.Add(new Violation("I11", $"{partition}: {blob} does not begin with its own header frame"));
        else if (header.Predecessor == SegmentId.None && expected.Predecessor != SegmentId.None)
            found.Add(new Violation("I11", $"{partition}: {blob} names no predecessor, though {expected.Predecessor} comes before it"));
        if (scan.Rest > 0)
        {
            found.Add(scan.Seal is null
                ? new Violation("I2", $"{partition}: {blob} holds no whole frame at position {scan.End}")
                : new Violation("I11", $"{partition}: {blob} goes on for {scan.Rest} bytes behind its seal"));
        }

        if (scan.Seal is { } seal && (seal.Segment != expected.Segment || seal.Position != scan.End))
            found.Add(new Violation("I11", $"{partition}: the seal of {blob} at position {scan.End} is another's"));
        if (scan.FirstMisplaced() is { } misplaced)
            found.Add(new Violation("I3", $"{partition}: {blob} holds a batch for offset {misplaced.BaseOffset} where another must come: a gap or an overlap"));
        if (scan.Header?.LeaderEpoch is { } epoch && scan.Batches.Any(b => b.Header.LeaderEpoch != epoch))
            found.Add(new Violation("I7", $"{partition}: {blob} holds batches of another leader epoch than its own, {epoch}"));
        return scan;
    }

    private List<StoredBatch> SealedBatches(TopicPartition partition, ChainSegmentRow row, SegmentScan scan, bool mayHaveGaps, List<Violation> found)
    {
        var counted = scan.Batches.TakeWhile(b => b.Header.NextOffset <= row.EndOffset).ToList();
        var end = counted.Count == 0 ? row.BaseOffset : counted[^1].Header.NextOffset;
        if (mayHaveGaps ? end > row.EndOffset || counted.Count < scan.Batches.Count : end != row.EndOffset)
            found.Add(new Violation("I11", $"{partition}: {row.Blob} holds batches up to {end}, the chain says {row.EndOffset}"));
        else if (!mayHaveGaps && scan.NextOffset != row.EndOffset)
            found.Add(new Violation("I11", $"{partition}: {row.Blob} goes on to {scan.NextOffset} though the chain ended it at {row.EndOffset}"));
        else if (scan.End != row.Bytes)
            found.Add(new Violation("I11", $"{partition}: the batches of {row.Blob} end at position {scan.End}, the chain says {row.Bytes}"));
        if (scan.Seal is { } seal && seal.EndOffset != row.EndOffset)
            found.Add(new Violation("I11", $"{partition}: {row.Blob} is chained up to {row.EndOffset} but sealed at {seal.EndOffset}"));
        if (!row.IsRewritten && scan.Seal is null && !isFull(row.Blob))
            found.Add(new Violation("I11", $"{partition}: {row.Blob} is chained but not sealed"));
        if (counted.Count > 0 && counted.Max(b => b.Header.MaxTimestamp) != row.MaxTimestamp)
            found.Add(new Violation("I12", $"{partition}: the chain gives {row.MaxTimestamp} as the largest timestamp of {row.Blob}, which is another"));
        return counted;
    }

    private static void CheckEpochs(TopicPartition partition, List<StoredBatch> batches, List<Violation> found)
    {
        for (var i = 1; i < batches.Count; i++)
        {
            var (before, epoch) = (batches[i - 1].Header.LeaderEpoch, batches[i].Header.LeaderEpoch);
            if (epoch < before)
                found.Add(new Violation("I1", $"{partition}: epoch {epoch} at offset {batches[i].BaseOffset} follows {before}"));
        }
    }
}
