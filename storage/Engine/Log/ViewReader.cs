using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Answers what is asked of one view, and turns whatever is in the way into a refusal. No value and no refusal: the view was too old and has been renewed, ask again by
/// the new one.
/// </summary>
internal sealed class ViewReader
{
    private readonly PartitionContext _context;
    private readonly TopicPartition _partition;
    private readonly Func<LogView, BlobMissingException, ValueTask<Refusal?>> _renewAsync;
    private readonly SegmentIndexes _indexes;
    private readonly LogReader _batches;
    private readonly TimeLookup _times;

    /// <param name="renewAsync">Makes a new view because a blob that this one names does not exist; refuses if nothing has changed.</param>
    public ViewReader(PartitionContext context, TopicPartition partition, Func<LogView, BlobMissingException, ValueTask<Refusal?>> renewAsync)
    {
        _context = context;
        _partition = partition;
        _renewAsync = renewAsync;
        _indexes = new SegmentIndexes(context, partition);
        _batches = new LogReader(context.Cache, _indexes);
        _times = new TimeLookup(context.Cache, _indexes);
    }

    public SegmentIndexes Indexes => _indexes;

    /// <inheritdoc cref="SegmentIndexes.Remember"/>
    public void Remember(SegmentExtent left) => _indexes.Remember(left);

    /// <summary>Batches from the one that holds <paramref name="offset"/> on, which lies within the view's ends; none if compaction left none up to the view's end.</summary>
    public ValueTask<Result<FetchResult?>> ReadAsync(LogView view, long offset, int maxBytes) => AnswerAsync(view, $"offset {offset}", async () =>
    {
        var batches = await _batches.ReadAsync(view, offset, maxBytes);
        if (batches.Count == 0)
            return new FetchResult(batches, offset, view.Offsets.HighWatermark, view.Offsets);
        RecordBatchHeader.TryRead(batches[^1].Span, out var last);
        return new FetchResult(batches, offset, Math.Min(last.NextOffset, view.Offsets.HighWatermark), view.Offsets);
    });

    /// <summary>The first record at or after a time, or the view's end.</summary>
    public ValueTask<Result<OffsetAtTime?>> FindAsync(LogView view, long timestamp) =>
        AnswerAsync(view, $"timestamp {timestamp}", () => _times.FindAsync(view, timestamp));

    private async ValueTask<Result<T?>> AnswerAsync<T>(LogView view, string where, Func<ValueTask<T>> read)
        where T : class
    {
        try
        {
            return await read();
        }
        catch (BlobMissingException e)
        {
            return await _renewAsync(view, e) is { } refusal ? refusal : default(T);
        }
        catch (StorageUnavailableException e)
        {
            return Refusals.Unavailable(_partition, e.Message);
        }
        catch (StorageRefusedException e)
        {
            return Refusals.Unavailable(_partition, e.Message);
        }
        catch (PartitionBrokenException e)
        {
            Log.Damaged(_context.Logger, _partition, e.Message);
            return new Refusal(ErrorCode.CorruptMessage, $"Partition {_partition.Partition} cannot be read at {where}: {e.Message}");
        }
    }
}
