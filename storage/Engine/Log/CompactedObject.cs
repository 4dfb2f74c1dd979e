using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Log;

/// <summary>
/// A <c>.segment</c> object in the making, of what compaction leaves of one segment or of several that follow on each other. Memory is one block of 4 MiB and the index.
/// </summary>
internal sealed class CompactedObject
{
    private const int FirstBytes = 64 * 1024;

    private readonly PartitionContext _context;
    private readonly TopicPartition _partition;
    private readonly ChainSegmentRow _first;
    private readonly SegmentObjectWriter _writer;
    private readonly SegmentDigest _digest;
    private byte[] _block = [];
    private int _filled;
    private long _horizon = long.MaxValue;

    /// <param name="first">The first segment. The object has its base, and in its name its end; footer and chain row say how far it reaches.</param>
    public CompactedObject(PartitionContext context, TopicPartition partition, ChainSegmentRow first)
    {
        _context = context;
        _partition = partition;
        _first = first;
        var attempt = context.Entropy.NextGuid();
        _writer = new SegmentObjectWriter(context, StorageLayout.SegmentBlob(partition, first.BaseOffset, first.EndOffset, attempt), attempt);
        _digest = new SegmentDigest(first.BaseOffset, mayHaveGaps: true);
    }

    public string Blob => _writer.Blob;

    /// <summary>Of all batches so far.</summary>
    public long Bytes => _digest.Bytes;

    /// <summary>How many records the segments held that it does not.</summary>
    public long RecordsTaken { get; set; }

    /// <summary>Takes a copy of one whole batch. The delete horizon of one that cannot be read says nothing: its tombstones will never go.</summary>
    public async ValueTask AddAsync(ReadOnlyMemory<byte> batch, bool isReadable)
    {
        if (!_digest.TryAdd(batch.Span))
            throw new PartitionBrokenException($"What compaction leaves of {_first.Blob} cannot be stored: {_digest.Defect}.");
        if (isReadable && RecordBatchHeader.TryRead(batch.Span, out var header) && header.DeleteHorizon is { } horizon)
            _horizon = Math.Min(_horizon, Math.Max(1, horizon));
        while (!batch.IsEmpty)
        {
            if (_filled == _block.Length)
                await MakeRoomAsync();
            var fits = Math.Min(batch.Length, _block.Length - _filled);
            batch.Span[..fits].CopyTo(_block.AsSpan(_filled));
            _filled += fits;
            batch = batch[fits..];
        }
    }

    /// <summary>Writes the footer and makes the blob. Answers the row that is to name it, if it reads back as it was written (R5); otherwise what is wrong.</summary>
    /// <param name="last">The last segment.</param>
    public async ValueTask<(ChainSegmentRow? Row, string? Defect)> FinishAsync(ChainSegmentRow last, int leaderEpoch)
    {
        if (_filled > 0)
            await _writer.StageAsync(_block.AsMemory(0, _filled));
        var footer = new SegmentFooter(
            new SegmentSummary(
                _partition, _first.Segment, _first.BaseOffset, last.EndOffset, _digest.Bytes, _digest.MaxTimestamp, leaderEpoch, _digest.BatchCount, _digest.RecordCount, _digest.Crc),
            _digest.Index.Encode(),
            default,
            await ReadProducersAsync()).Encode();
        await _writer.StageAsync(footer);
        await _writer.CommitAsync();
        if (_context.Rules.CheckRewrites && await _writer.FindDefectAsync(CancellationToken.None) is { } defect)
            return (null, defect);
        var row = new ChainSegmentRow(_first.Segment, _first.BaseOffset, last.EndOffset, _digest.Bytes, _digest.MaxTimestamp, leaderEpoch, _writer.Blob)
        {
            FooterBytes = footer.Length,
            ProducersBlob = _first.ProducersBlob,
            OwnEndOffset = _first.OwnEndOffset > 0 ? _first.OwnEndOffset : last.EndOffset > _first.EndOffset ? _first.EndOffset : 0,
            DeleteHorizon = _horizon == long.MaxValue ? 0 : _horizon,
        };
        return (row, null);
    }

    /// <summary>The first block grows with what comes, since most objects are small. A full one goes out and is let go: a try that was given up on may still be reading it.</summary>
    private async ValueTask MakeRoomAsync()
    {
        if (_block.Length < SegmentObjectWriter.BlockBytes)
        {
            Array.Resize(ref _block, Math.Clamp(_block.Length * 2, FirstBytes, SegmentObjectWriter.BlockBytes));
            return;
        }

        await _writer.StageAsync(_block);
        _block = GC.AllocateUninitializedArray<byte>(SegmentObjectWriter.BlockBytes);
        _filled = 0;
    }

    /// <summary>The producer state at the base, as it is stored; empty: there were no producers.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ReadProducersAsync()
    {
        if (_first.ProducersBlob is not { } blob)
            return default;
        var outcome = await _context.Backend.ReadRangeAsync(blob, 0, StorageLimits.MaxPutBytes, CancellationToken.None);
        if (outcome.Status == OutcomeStatus.Missing)
            throw new BlobMissingException(blob);
        if (!outcome.IsDone)
            throw new StorageUnavailableException($"Reading {blob}: {outcome}");
        if (ProducerState.Decode(outcome.Value.Content.Span, _context.Options.ProducerIdExpiration) is null)
            throw new PartitionBrokenException($"Blob {blob} is no producer state of a known format.");
        return outcome.Value.Content;
    }
}
