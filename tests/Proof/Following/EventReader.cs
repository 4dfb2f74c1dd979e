using System.Runtime.CompilerServices;
using System.Text.Json;
using ManagedLog.Proof.Rest;

namespace ManagedLog.Proof.Following;

/// <summary>
/// Reads server-sent events as a browser's EventSource does: an event counts when its blank line has come, and its id only then, so that what broke off in the middle is
/// asked for again. Where to go on is all that it keeps between connections.
/// </summary>
internal sealed class EventReader : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Behind what to go on; null before the first event.</summary>
    public string? LastEventId { get; private set; }

    /// <summary>The records of one connection, until it ends. Throws as the connection does when it breaks.</summary>
    public async IAsyncEnumerable<EventRecord> ReadAsync(Uri url, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (LastEventId is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", LastEventId);
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if ((int)answer.StatusCode is >= 400 and < 500)
            throw new ProofFailedException($"{request.RequestUri} from {LastEventId}: {await answer.Content.ReadAsStringAsync(cancellationToken)}");
        answer.EnsureSuccessStatusCode();
        using var body = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken));
        string? id = null;
        string? data = null;
        var isError = false;
        while (await body.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = line[4..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                data = line[6..];
            else if (line == "event: error")
                isError = true;
            if (line.Length > 0)
                continue;
            if (isError)
                throw new ProofFailedException($"The stream says: {data}");
            LastEventId = id ?? LastEventId;
            if (data is not null)
                yield return JsonSerializer.Deserialize(data, RestJson.Default.EventRecord)!;
            (id, data) = (null, null);
        }
    }

    public void Dispose() => _http.Dispose();
}
