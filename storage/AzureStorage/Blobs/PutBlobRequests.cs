using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace ManagedLog.AzureStorage.Blobs;

/// <summary>
/// Put Blob, in one request. The SDK's own upload needs System.IO.Hashing even where nothing is hashed, and this project does without that package.
/// It goes through the SDK's pipeline, so credential, transport and policies are those of every other blob call.
/// </summary>
internal sealed class PutBlobRequests(BlobServiceClient service, string serviceVersion)
{
    private readonly HttpPipeline _pipeline = PipelineOf.Client(service);

    /// <summary>Puts a block blob if there is none by that name.</summary>
    /// <exception cref="RequestFailedException">The service answered an error, or nothing at all (status 0).</exception>
    public async Task<ETag> PutAsync(Uri blob, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var message = _pipeline.CreateMessage();
        message.Request.Method = RequestMethod.Put;
        message.Request.Uri.Reset(blob);
        message.Request.Headers.Add("x-ms-version", serviceVersion);
        message.Request.Headers.Add("x-ms-blob-type", "BlockBlob");
        message.Request.Headers.Add("If-None-Match", "*");
        message.Request.Headers.Add("Content-Type", "application/octet-stream");
        message.Request.Content = RequestContent.Create(content);

        await _pipeline.SendAsync(message, cancellationToken);
        var response = message.Response;
        if (response.Status == 201)
            return response.Headers.ETag ?? throw new InvalidDataException("The answer to a put has no ETag.");

        var code = response.Headers.TryGetValue("x-ms-error-code", out var value) ? value : null;
        throw new RequestFailedException(response.Status, response.ReasonPhrase, code, null);
    }

    /// <summary>The SDK shows its pipeline to derived classes only.</summary>
    private sealed class PipelineOf : BlobServiceClient
    {
        public static HttpPipeline Client(BlobServiceClient client) => GetHttpPipeline(client);
    }
}
