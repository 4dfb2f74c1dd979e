using ManagedLog.Engine.Backend;

namespace ManagedLog.Simulation.Judging;

/// <summary>
/// What stands in blobs, each byte looked at once: a blob that has not changed since (its ETag says so) is not read again, and of one that has grown only what
/// was appended.
/// </summary>
/// <param name="storage">The storage itself, without faults.</param>
internal sealed class SegmentScans(IStorageBackend storage)
{
    private readonly Dictionary<string, (ETag ETag, long Length, SegmentScan Scan)> _scans = new(StringComparer.Ordinal);

    /// <summary>Null: there is no such blob.</summary>
    /// <param name="batchBytes">Where a rewritten segment's batches end and its footer begins; null: it is a <c>.log</c> blob.</param>
    public async ValueTask<SegmentScan?> ReadAsync(string blob, long? batchBytes = null)
    {
        var found = await storage.GetBlobAsync(blob, CancellationToken.None);
        if (!found.IsDone)
            return null;
        var (etag, length) = (found.Value.ETag, found.Value.Length);
        if (_scans.TryGetValue(blob, out var known) && known.ETag == etag)
            return known.Scan;
        var scan = batchBytes is { } end ? SegmentScan.ReadBare(await ReadAsync(blob, 0, end))
            : known.Scan is { IsOpen: true } && known.Length == known.Scan.End ? known.Scan.Extend(await ReadAsync(blob, known.Length, length))
            : SegmentScan.Read(await ReadAsync(blob, 0, length));
        _scans[blob] = (etag, length, scan);
        return scan;
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadAsync(string blob, long from, long to)
    {
        if (from >= to)
            return default;
        var range = await storage.ReadRangeAsync(blob, from, (int)(to - from), CancellationToken.None);
        return range.Value.Content;
    }
}
