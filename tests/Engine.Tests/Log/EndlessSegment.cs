using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Tests.Log;

/// <summary>
/// A segment of any size that takes no memory: its bytes are made when they are read, into one buffer, and what is staged of them is compared and forgotten, so that all
/// memory that a test measures is taken by who reads and writes.
/// </summary>
internal sealed class EndlessSegment(IStorageBackend inner, ChainSegmentRow row, byte[] header, byte[] batch) : InterceptingBackend(inner), IStorageBackend
{
    private readonly byte[] _buffer = new byte[4 * 1024 * 1024];
    private readonly byte[] _footer = new byte[1024 * 1024];
    private readonly Outcome<Nothing> _staged = Outcome.Done();
    private long _stagedBytes;

    private long Bytes => row.Bytes - SegmentHeaderFrame.Size;

    public int LargestRange { get; private set; }

    public int LargestBlock { get; private set; }

    ValueTask<Outcome<BlobRange>> IStorageBackend.ReadRangeAsync(string blob, long position, int count, CancellationToken cancellationToken)
    {
        LargestRange = Math.Max(LargestRange, count);
        var isLog = blob == row.Blob;
        var length = isLog ? row.Bytes : _stagedBytes;
        count = (int)Math.Min(count, length - position);
        for (var i = 0; i < count;)
            i += Fill(isLog ? position + i - SegmentHeaderFrame.Size : position + i, _buffer.AsSpan(i, count - i));
        return ValueTask.FromResult(Outcome.Done(new BlobRange(_buffer.AsMemory(0, count), length)));
    }

    ValueTask<Outcome<ETag>> IStorageBackend.CommitBlocksAsync(string blob, IReadOnlyList<string> blockIds, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Outcome.Done(new ETag("\"committed\"")));

    public override ValueTask<Outcome<Nothing>> StageBlockAsync(string blob, string blockId, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        LargestBlock = Math.Max(LargestBlock, content.Length);
        if (_stagedBytes >= Bytes)
            content.Span.CopyTo(_footer.AsSpan((int)(_stagedBytes - Bytes)));
        _stagedBytes += content.Length;
        return ValueTask.FromResult(_staged);
    }

    protected override ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken) => proceed(cancellationToken);

    /// <summary>Bytes as they stand from a position of the batches on (negative: in the header); answers how many.</summary>
    private int Fill(long at, Span<byte> target)
    {
        var source = at < 0 ? header.AsSpan((int)(at + SegmentHeaderFrame.Size))
            : at >= Bytes ? _footer.AsSpan((int)(at - Bytes))
            : Batch(at / batch.Length).AsSpan((int)(at % batch.Length));
        var taken = Math.Min(source.Length, target.Length);
        source[..taken].CopyTo(target);
        return taken;
    }

    private byte[] Batch(long number)
    {
        RecordBatchHeader.TryRead(batch, out var first);
        RecordBatchPatch.Place(batch, number * first.RecordCount, 0);
        return batch;
    }
}
