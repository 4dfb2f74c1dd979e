using System.Globalization;
using Azure;

namespace ManagedLog.AzureStorage.Blobs;

/// <summary>
/// Append Block under a position condition, in one request. The SDK's own takes a stream, which it copies in pieces, and makes a client for each blob; here a block goes from the
/// log's memory to the connection.
/// </summary>
internal sealed class AppendBlockRequests(BlobPipeline pipeline)
{
    /// <summary>Appends if the blob ends at <paramref name="position"/>, and answers where the block stands.</summary>
    /// <exception cref="RequestFailedException">The service answered an error, or nothing at all (status 0).</exception>
    public async Task<long> AppendAsync(Uri blob, long position, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var message = pipeline.Put(blob, content);
        message.Request.Uri.AppendQuery("comp", "appendblock", escapeValue: false);
        message.Request.Headers.Add("x-ms-blob-condition-appendpos", position.ToString(CultureInfo.InvariantCulture));
        var response = await pipeline.SendAsync(message, cancellationToken);
        return response.Headers.TryGetValue("x-ms-blob-append-offset", out var offset) && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            ? at
            : throw new InvalidDataException("The answer to an append has no offset.");
    }
}
