using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace ManagedLog.Proof.Groups;

/// <summary>Calls on consumer instances and their group; each goes to a service process drawn by chance.</summary>
internal sealed class GroupClient(IReadOnlyList<Uri> servers) : IDisposable
{
    private const string Type = "application/vnd.kafka.v2+json";

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(1) };
    private string _cluster = "";
    private long _requests;

    public long Requests => Interlocked.Read(ref _requests);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        using var clusters = await ReadAsync("/v3/clusters", cancellationToken);
        _cluster = clusters.RootElement.GetProperty("data")[0].GetProperty("cluster_id").GetString()!;
    }

    public async Task CreateAsync(string group, string name, string topic, TimeSpan session, CancellationToken cancellationToken)
    {
        var body = $$"""{"name":"{{name}}","format":"binary","auto.offset.reset":"earliest","auto.commit.enable":"false","session.timeout.ms":{{(long)session.TotalMilliseconds}}}""";
        await RequireAsync(await SendAsync(HttpMethod.Post, $"/consumers/{group}", body, cancellationToken));
        await RequireAsync(await SendAsync(HttpMethod.Post, $"/consumers/{group}/instances/{name}/subscription", $$"""{"topics":["{{topic}}"]}""", cancellationToken));
    }

    /// <summary>What comes next; null: the instance is not there any more.</summary>
    public async Task<IReadOnlyList<(int Partition, long Offset)>?> PollAsync(string group, string name, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, $"/consumers/{group}/instances/{name}/records?timeout=1000&count=50", null, cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return null;
        using var records = await DocumentAsync(answer, cancellationToken);
        return [.. records.RootElement.EnumerateArray().Select(record => (record.GetProperty("partition").GetInt32(), record.GetProperty("offset").GetInt64()))];
    }

    /// <summary>Commits records that were processed. False: the instance does not have the partition any more, or is not there.</summary>
    public async Task<bool> CommitAsync(string group, string name, string topic, IReadOnlyDictionary<int, long> processed, CancellationToken cancellationToken)
    {
        var offsets = string.Join(',', processed.Select(one => $$"""{"topic":"{{topic}}","partition":{{one.Key}},"offset":{{one.Value}}}"""));
        using var answer = await SendAsync(HttpMethod.Post, $"/consumers/{group}/instances/{name}/offsets", $$"""{"offsets":[{{offsets}}]}""", cancellationToken);
        if (answer.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.NotFound)
            return false;
        await RequireAsync(answer);
        return true;
    }

    public async Task DeleteAsync(string group, string name, CancellationToken cancellationToken) =>
        await RequireAsync(await SendAsync(HttpMethod.Delete, $"/consumers/{group}/instances/{name}", null, cancellationToken));

    /// <summary>Each member with how many partitions it has.</summary>
    public async Task<IReadOnlyDictionary<string, int>> MembersAsync(string group, CancellationToken cancellationToken)
    {
        var path = $"/v3/clusters/{_cluster}/consumer-groups/{group}/consumers";
        using var answer = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        var members = new Dictionary<string, int>();
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return members;
        using var consumers = await DocumentAsync(answer, cancellationToken);
        foreach (var consumer in consumers.RootElement.GetProperty("data").EnumerateArray())
        {
            var name = consumer.GetProperty("consumer_id").GetString()!;
            using var has = await SendAsync(HttpMethod.Get, $"{path}/{name}/assignments", null, cancellationToken);
            if (has.StatusCode == HttpStatusCode.NotFound)
                continue;
            using var assignments = await DocumentAsync(has, cancellationToken);
            members[name] = assignments.RootElement.GetProperty("data").GetArrayLength();
        }

        return members;
    }

    public async Task<long> TotalLagAsync(string group, CancellationToken cancellationToken)
    {
        using var lag = await ReadAsync($"/v3/clusters/{_cluster}/consumer-groups/{group}/lag-summary", cancellationToken);
        return lag.RootElement.GetProperty("total_lag").GetInt64();
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonDocument> ReadAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        return await DocumentAsync(answer, cancellationToken);
    }

    private static async Task<JsonDocument> DocumentAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        await RequireAsync(answer);
        return JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    private static async Task RequireAsync(HttpResponseMessage answer)
    {
        if (!answer.IsSuccessStatusCode)
            throw new ProofFailedException($"{answer.RequestMessage!.Method} {answer.RequestMessage.RequestUri}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _requests);
        var request = new HttpRequestMessage(method, new Uri(servers[Random.Shared.Next(servers.Count)], path));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(Type));
        return _http.SendAsync(request, cancellationToken);
    }
}
