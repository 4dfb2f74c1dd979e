using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Reads segments past the cache, for whoever goes through much once: what others read again and again stays in memory. What happens to be in the cache is taken from
/// there. Holds the last two ranges that it read and no more. Not for several threads at once.
/// </summary>
/// <param name="rangeBytes">What one storage operation reads at most.</param>
internal sealed class PassingReader(PartitionContext context, int rangeBytes) : ISegmentBytes
{
    private Range _last;
    private Range _before;

    /// <summary>Storage operations made.</summary>
    public int Operations { get; private set; }

    /// <summary>Bytes read from storage.</summary>
    public long BytesRead { get; private set; }

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(string blob, long position, long limit, long wanted = 1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, limit);
        if (_last.Find(blob, position, limit) is { Length: > 0 } last)
            return last;
        if (_before.Find(blob, position, limit) is { Length: > 0 } before)
            return before;
        if (context.Cache.Peek(blob, position, limit) is { Length: > 0 } cached)
            return cached;
        var count = (int)Math.Min(rangeBytes, limit - position);
        var outcome = await context.Backend.ReadRangeAsync(blob, position, count, CancellationToken.None);
        Operations++;
        var content = outcome.Status switch
        {
            OutcomeStatus.Done when outcome.Value.Content.Length == count => outcome.Value.Content,
            OutcomeStatus.Done => throw new PartitionBrokenException($"Blob {blob} ends at {outcome.Value.BlobLength}, but its bytes up to {position + count} were known to stand."),
            OutcomeStatus.Missing => throw new BlobMissingException(blob),
            OutcomeStatus.ConditionFailed or OutcomeStatus.Throttled or OutcomeStatus.Unknown => throw new StorageUnavailableException($"Reading {blob} at {position}: {outcome}"),
            _ => throw new InvalidOperationException(outcome.ToString()),
        };
        BytesRead += count;
        // A batch that crosses the edge of a range is put together from two.
        _before = _last;
        _last = new Range(blob, position, content);
        return content;
    }

    private readonly record struct Range(string? Blob, long Start, ReadOnlyMemory<byte> Bytes)
    {
        public ReadOnlyMemory<byte> Find(string blob, long position, long limit)
        {
            if (blob != Blob || position < Start || position >= Start + Bytes.Length)
                return default;
            var within = (int)(position - Start);
            return Bytes.Slice(within, (int)Math.Min(Bytes.Length - within, limit - position));
        }
    }
}
