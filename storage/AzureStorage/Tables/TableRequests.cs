using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>Makes and sends requests to the table service.</summary>
internal sealed class TableRequests(Uri endpoint, HttpPipeline pipeline)
{
    /// <summary>The first version that takes a token of Microsoft Entra ID.</summary>
    public const string ServiceVersion = "2020-12-06";

    public const string JsonAccept = "application/json;odata=minimalmetadata";

    private readonly string _root = endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/');

    /// <summary>The address of <paramref name="path"/>, which is escaped already.</summary>
    public string Address(string path) => $"{_root}/{path}";

    public HttpMessage Create(RequestMethod method, string path)
    {
        var message = pipeline.CreateMessage();
        message.Request.Method = method;
        message.Request.Uri.Reset(new Uri(Address(path)));
        message.Request.Headers.Add("x-ms-version", ServiceVersion);
        message.Request.Headers.Add("DataServiceVersion", "3.0");
        message.Request.Headers.Add("Accept", JsonAccept);
        return message;
    }

    public static void SetJson(HttpMessage message, ReadOnlyMemory<byte> json)
    {
        message.Request.Headers.Add("Content-Type", "application/json");
        message.Request.Content = RequestContent.Create(json);
    }

    /// <summary>Sends, and answers the response with its whole content.</summary>
    /// <exception cref="RequestFailedException">The service answered an error, or nothing at all (status 0).</exception>
    public async Task<Response> SendAsync(HttpMessage message, CancellationToken cancellationToken)
    {
        await pipeline.SendAsync(message, cancellationToken);
        var response = message.Response;
        if (response.Status is >= 200 and < 300)
            return response;

        var error = TableError.Parse(response.ContentStream is null ? default : response.Content.ToMemory());
        throw new RequestFailedException(response.Status, error.Message ?? response.ReasonPhrase, error.Code, null);
    }
}
