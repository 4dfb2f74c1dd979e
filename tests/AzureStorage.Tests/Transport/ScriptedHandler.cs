using System.Net;
using System.Text;

namespace ManagedLog.AzureStorage.Tests.Transport;

/// <summary>Stands for the service: remembers what was sent and answers as the test says.</summary>
internal sealed class ScriptedHandler(Func<SentRequest, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    public ScriptedHandler(Func<HttpResponseMessage> answer)
        : this((_, _) => Task.FromResult(answer()))
    {
    }

    /// <summary>A service that never answers: a request to it ends when its caller gives it up.</summary>
    public static ScriptedHandler Silent() => new(static async (_, token) =>
    {
        var givenUp = new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.Register(() => givenUp.TrySetCanceled(token));
        return await givenUp.Task;
    });

    public List<SentRequest> Requests { get; } = [];

    public static HttpResponseMessage Answer(int status, string body = "", string? code = null, params (string Name, string Value)[] headers) =>
        Answer(status, new ByteArrayContent(Encoding.UTF8.GetBytes(body)), code, headers);

    public static HttpResponseMessage Answer(int status, HttpContent body, string? code = null, params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = body };
        response.Headers.TryAddWithoutValidation("Date", "Fri, 21 Nov 2025 10:20:30 GMT");
        if (code is not null)
            response.Headers.TryAddWithoutValidation("x-ms-error-code", code);
        foreach (var (name, value) in headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, value))
                response.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var headers = request.Headers.Concat(request.Content?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>())
            .ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase);
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        var sent = new SentRequest(request.Method.Method, request.RequestUri!, headers, body);
        Requests.Add(sent);
        return await answer(sent, cancellationToken);
    }
}
