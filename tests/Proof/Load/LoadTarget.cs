using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace ManagedLog.Proof.Load;

/// <summary>One instance, the topics that are asked for, and requests with the key of a caller.</summary>
internal sealed class LoadTarget : IDisposable
{
    public const string JsonFormat = "application/vnd.kafka.json.v2+json";

    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5) }) { Timeout = TimeSpan.FromMinutes(2) };
    private readonly string _cluster;

    private LoadTarget(Uri server, string cluster)
    {
        Server = server;
        _cluster = cluster;
    }

    public Uri Server { get; }

    /// <summary>Finds out who the server is, as somebody on this machine.</summary>
    public static async Task<LoadTarget> FindAsync(Uri server, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        var clusters = JsonNode.Parse(await http.GetStringAsync(new Uri(server, "/v3/clusters"), cancellationToken))!;
        return new LoadTarget(server, (string)clusters["data"]![0]!["cluster_id"]!);
    }

    public string StreamPath(string topic) => $"/v3/clusters/{_cluster}/topics/{topic}/records";

    public Task MakeTopicAsync(string topic, int partitions, CancellationToken cancellationToken) =>
        ManageAsync("topics", new JsonObject { ["topic_name"] = topic, ["partitions_count"] = partitions }, cancellationToken);

    /// <summary>A key of its own for a caller.</summary>
    public async Task<string> MakeKeyAsync(string name, CancellationToken cancellationToken)
    {
        var scopes = new JsonArray("produce:topic:*", "consume:topic:*");
        return (string)(await ManageAsync("api-keys", new JsonObject { ["name"] = name, ["scopes"] = scopes }, cancellationToken))["key"]!;
    }

    /// <summary>The status, and when to come again where the answer says so.</summary>
    public async Task<(int Status, TimeSpan? RetryAfter)> ProduceAsync(string key, string topic, string value, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Post, key, $"/topics/{topic}");
        request.Content = new StringContent($$"""{"records":[{"value":"{{value}}"}]}""", Encoding.ASCII);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(JsonFormat);
        return await AnswerAsync(request, cancellationToken);
    }

    public async Task<(int Status, TimeSpan? RetryAfter)> FetchAsync(string key, string path, string accept, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, key, path);
        request.Headers.Accept.ParseAdd(accept);
        return await AnswerAsync(request, cancellationToken);
    }

    /// <summary>What the instance says that it holds for requests now, by metric.</summary>
    public async Task<IReadOnlyDictionary<string, double>> HeldAsync(CancellationToken cancellationToken)
    {
        var lines = (await _http.GetStringAsync(new Uri(Server, "/metrics"), cancellationToken)).Split('\n');
        return lines.Where(static line => line.StartsWith("managedlog_limits_", StringComparison.Ordinal) && !line.Contains('{', StringComparison.Ordinal))
            .Select(static line => line.Split(' '))
            .ToDictionary(static parts => parts[0]["managedlog_limits_".Length..], static parts => double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(HttpMethod method, string key, string path)
    {
        var request = new HttpRequestMessage(method, new Uri(Server, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return request;
    }

    private async Task<(int Status, TimeSpan? RetryAfter)> AnswerAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await answer.Content.CopyToAsync(Stream.Null, cancellationToken);
        return ((int)answer.StatusCode, answer.Headers.RetryAfter?.Delta);
    }

    private async Task<JsonNode> ManageAsync(string what, JsonObject body, CancellationToken cancellationToken)
    {
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(new Uri(Server, $"/v3/clusters/{_cluster}/{what}"), content, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return answer.IsSuccessStatusCode ? JsonNode.Parse(text)! : throw new ProofFailedException($"{what}: {(int)answer.StatusCode} {text}");
    }
}
