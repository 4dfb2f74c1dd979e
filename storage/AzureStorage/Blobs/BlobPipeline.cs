using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace ManagedLog.AzureStorage.Blobs;

/// <summary>
/// Blob requests that the SDK's clients cannot make, or only with copies, through the SDK's own pipeline: credential, transport and policies are those of every other blob call.
/// </summary>
internal sealed class BlobPipeline(BlobServiceClient service, string serviceVersion)
{
    private const int Created = 201;

    private readonly HttpPipeline _pipeline = PipelineOf.Client(service);

    /// <summary>A message to be disposed of by the caller. The content goes to the connection as it is, without a copy.</summary>
    public HttpMessage Put(Uri uri, ReadOnlyMemory<byte> content)
    {
        var message = _pipeline.CreateMessage();
        message.Request.Method = RequestMethod.Put;
        message.Request.Uri.Reset(uri);
        message.Request.Headers.Add("x-ms-version", serviceVersion);
        message.Request.Headers.Add("Content-Type", "application/octet-stream");
        message.Request.Content = RequestContent.Create(content);
        return message;
    }

    /// <exception cref="RequestFailedException">The service answered an error, or nothing at all (status 0).</exception>
    public async Task<Response> SendAsync(HttpMessage message, CancellationToken cancellationToken)
    {
        await _pipeline.SendAsync(message, cancellationToken);
        var response = message.Response;
        if (response.Status == Created)
            return response;
        var code = response.Headers.TryGetValue("x-ms-error-code", out var value) ? value : null;
        throw new RequestFailedException(response.Status, response.ReasonPhrase, code, null);
    }

    /// <summary>The SDK shows its pipeline to derived classes only.</summary>
    private sealed class PipelineOf : BlobServiceClient
    {
        public static HttpPipeline Client(BlobServiceClient client) => GetHttpPipeline(client);
    }
}
