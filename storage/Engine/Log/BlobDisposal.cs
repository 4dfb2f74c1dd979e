using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Log;

/// <summary>Deletes blobs that nothing names and nothing ever will, each only as it was when that was found out.</summary>
internal sealed class BlobDisposal(PartitionContext context)
{
    private const int Parallel = 16;

    /// <summary>
    /// Answers whether all are gone: one that was changed since it was listed stays, to be found again. Throws <see cref="StorageUnavailableException"/> when
    /// storage does not say what became of one.
    /// </summary>
    public async ValueTask<bool> DeleteAsync(IReadOnlyList<BlobListing> blobs)
    {
        var areGone = true;
        foreach (var some in blobs.Chunk(Parallel))
        {
            var deletions = some.Select(blob => DeleteAsync(blob.Name, blob.Properties.ETag)).ToList();
            foreach (var isGone in await Task.WhenAll(deletions))
                areGone &= isGone;
        }

        return areGone;
    }

    /// <summary>The same for one whose name is all that is known.</summary>
    public async ValueTask<bool> DeleteAsync(string blob)
    {
        var found = await context.Backend.GetBlobAsync(blob, CancellationToken.None);
        if (found.Status == OutcomeStatus.Missing)
            return true;
        return found.IsDone ? await DeleteAsync(blob, found.Value.ETag) : throw new StorageUnavailableException($"Looking at {blob}: {found}");
    }

    private async Task<bool> DeleteAsync(string blob, ETag etag)
    {
        var deleted = await context.Backend.DeleteBlobAsync(blob, etag, CancellationToken.None);
        return deleted.Status switch
        {
            OutcomeStatus.Done or OutcomeStatus.Missing => true,
            OutcomeStatus.ConditionFailed => false,
            OutcomeStatus.Throttled or OutcomeStatus.Unknown => throw new StorageUnavailableException($"Deleting {blob}: {deleted}"),
            _ => throw new InvalidOperationException(deleted.ToString()),
        };
    }
}
