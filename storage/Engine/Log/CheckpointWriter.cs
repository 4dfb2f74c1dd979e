using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Writes a checkpoint now and then while this instance appends: one at a time, beside the appends, three operations each (the blob, the row that names it, and the
/// deletion of the one before). What fails is left: a checkpoint only saves reading.
/// </summary>
internal sealed class CheckpointWriter(PartitionContext context, TopicPartition partition)
{
    private Task _writing = Task.CompletedTask;
    private SegmentId _segment;
    private long _position;
    private int _ownBlocks;
    private (string Blob, ETag ETag)? _previous;

    /// <summary>Called by the writer loop after each append.</summary>
    public void WriteIfDue(ActiveSegment active)
    {
        if (active.Segment != _segment)
        {
            _segment = active.Segment;
            _position = active.OpenedAt;
            _ownBlocks = 0;
        }

        if (!_writing.IsCompleted
            || (active.OwnBlocks - _ownBlocks < context.Options.CheckpointBlocks && active.Position - _position < context.Options.CheckpointBytes))
            return;
        _position = active.Position;
        _ownBlocks = active.OwnBlocks;
        var checkpoint = active.TakeCheckpoint();
        _writing = WriteAsync(checkpoint, active.BaseOffset, checkpoint.Encode());
    }

    private async Task WriteAsync(Checkpoint checkpoint, long baseOffset, byte[] bytes)
    {
        try
        {
            var blob = StorageLayout.CheckpointBlob(partition, baseOffset, checkpoint.Segment, checkpoint.Position, context.Entropy.NextGuid());
            var put = await context.Backend.PutBlobAsync(blob, bytes, CancellationToken.None);
            if (!put.IsDone || !await NameAsync(new CheckpointRow(checkpoint.Segment, checkpoint.Position, blob)))
                return;
            if (_previous is var (old, etag))
                await context.Backend.DeleteBlobAsync(old, etag, CancellationToken.None);
            _previous = (blob, put.Value);
        }
        catch (StorageRefusedException e)
        {
            Log.NoCheckpoint(context.Logger, e, partition);
        }
    }

    /// <summary>The row takes whatever was written last; an older checkpoint in it would only be a slower one.</summary>
    private async ValueTask<bool> NameAsync(CheckpointRow row)
    {
        var key = StorageLayout.PartitionKey(partition);
        var replaced = await context.Backend.CommitRowsAsync(
            StorageLayout.PartitionsTable, new RowBatch(key).Replace(StorageLayout.CheckpointRowKey, row.Encode(), null), CancellationToken.None);
        if (replaced.Status != OutcomeStatus.Missing)
            return replaced.IsDone;
        var inserted = await context.Backend.CommitRowsAsync(
            StorageLayout.PartitionsTable, new RowBatch(key).Insert(StorageLayout.CheckpointRowKey, row.Encode()), CancellationToken.None);
        return inserted.IsDone;
    }
}
