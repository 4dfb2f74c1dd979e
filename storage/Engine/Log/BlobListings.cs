using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Log;

/// <summary>Reads lists of blobs.</summary>
internal static class BlobListings
{
    /// <summary>One page. Throws <see cref="StorageUnavailableException"/>.</summary>
    public static async ValueTask<BlobPage> ReadPageAsync(this IStorageBackend backend, string prefix, string? continuation, int maxBlobs)
    {
        var page = await backend.ListBlobsAsync(prefix, continuation, maxBlobs, CancellationToken.None);
        return page.IsDone ? page.Value : throw new StorageUnavailableException($"Listing the blobs of {prefix}: {page}");
    }

    /// <summary>
    /// All, in as many operations as they have pages of <paramref name="pageBlobs"/>. Not at one moment, but each blob that stood there all the while is among
    /// them.
    /// </summary>
    public static async ValueTask<List<BlobListing>> ReadAllAsync(this IStorageBackend backend, string prefix, int pageBlobs)
    {
        var blobs = new List<BlobListing>();
        string? continuation = null;
        do
        {
            var page = await backend.ReadPageAsync(prefix, continuation, pageBlobs);
            blobs.AddRange(page.Blobs);
            continuation = page.Continuation;
        }
        while (continuation is not null);

        return blobs;
    }
}
