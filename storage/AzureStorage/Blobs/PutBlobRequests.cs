using Azure;

namespace ManagedLog.AzureStorage.Blobs;

/// <summary>
/// Put Blob, in one request. The SDK's own upload needs System.IO.Hashing even where nothing is hashed, and this project does without that package.
/// </summary>
internal sealed class PutBlobRequests(BlobPipeline pipeline)
{
    /// <summary>Puts a block blob if there is none by that name.</summary>
    /// <exception cref="RequestFailedException">The service answered an error, or nothing at all (status 0).</exception>
    public async Task<ETag> PutAsync(Uri blob, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var message = pipeline.Put(blob, content);
        message.Request.Headers.Add("x-ms-blob-type", "BlockBlob");
        message.Request.Headers.Add("If-None-Match", "*");
        var response = await pipeline.SendAsync(message, cancellationToken);
        return response.Headers.ETag ?? throw new InvalidDataException("The answer to a put has no ETag.");
    }
}
