using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Limits;
using ManagedLog.Functions.Tests.Security;
using ManagedLog.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedLog.Functions.Tests.Support;

/// <summary>The real service on a port of its own, over storage in memory. Tests share one where they can; each makes topics of its own.</summary>
public sealed class TestService : IAsyncLifetime
{
    public const string V2 = "application/vnd.kafka.v2+json";
    public const string Binary = "application/vnd.kafka.binary.v2+json";
    public const string Json = "application/vnd.kafka.json.v2+json";
    public const string Text = "application/vnd.kafka.text.v2+json";

    private static readonly string[] Settings =
    [
        "--environment", "Development", "--storage", "memory", "--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None", "--ManagedLog:Engine:HistoryInterval", "00:00:00",
        "--ManagedLog:Security:AdminKeyHash", SecureService.AdminKeyHash,
    ];

    private readonly IStorageBackend _backend;
    private readonly string[] _settings;
    private WebApplication? _app;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Uri? _account;
    private int _topics;

    public TestService()
        : this(new InMemoryBackend(TimeProvider.System))
    {
    }

    internal TestService(IStorageBackend backend, params string[] settings)
    {
        _backend = backend;
        _settings = settings;
    }

    /// <summary>A service that believes its storage to be there.</summary>
    internal TestService(Uri account, params string[] settings)
        : this(new InMemoryBackend(TimeProvider.System), settings) => _account = account;

    /// <summary>A service whose clock the test advances.</summary>
    internal TestService(ManualTimeProvider time, params string[] settings)
        : this(new InMemoryBackend(time), time, settings)
    {
    }

    internal TestService(IStorageBackend backend, ManualTimeProvider time, params string[] settings)
        : this(backend, settings) => _time = time;

    internal TestService(IStorageBackend backend, TimeProvider time, params string[] settings)
        : this(backend, settings) => _time = time;

    public HttpClient Client { get; private set; } = null!;

    public Uri Address => Client.BaseAddress!;

    public string Cluster { get; private set; } = "";

    /// <summary>Sent with every request; null: none.</summary>
    public string? Key { get; init; }

    internal IServiceProvider Services => _app!.Services;

    public async Task InitializeAsync()
    {
        await StartAsync();
        Cluster = (await GetAsync("/v3/clusters"))["data"]![0]!["cluster_id"]!.GetValue<string>();
    }

    public async Task StartAsync()
    {
        _app = Service.Build([.. Settings, .. _settings], Storage, _time);
        await _app.StartAsync();
        Client = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()), Timeout = TimeSpan.FromMinutes(2) };
        if (Key is not null)
            Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
    }

    private IStorageBackend Storage(ServiceOptions options)
    {
        options.AccountAddress = _account;
        return _backend;
    }

    /// <summary>As SIGTERM does it.</summary>
    public Task StopAsync() => _app!.StopAsync();

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await _app!.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>A tick of the housekeeping, as the timer makes it.</summary>
    public async Task TickAsync()
    {
        var ticked = await _app!.Services.GetRequiredService<LogEngine>().RunHousekeepingAsync(default);
        Assert.False(ticked.IsRefused, ticked.Refusal?.ToString());
    }

    /// <summary>What requests have of the instance now.</summary>
    internal InstanceUse Use => _app!.Services.GetRequiredService<InstanceUse>();

    public string V3(string path) => $"/v3/clusters/{Cluster}{path}";

    public async Task<string> CreateTopicAsync(int partitions = 1, params (string Name, string Value)[] configs)
    {
        var name = $"topic-{Interlocked.Increment(ref _topics)}";
        var body = new JsonObject
        {
            ["topic_name"] = name,
            ["partitions_count"] = partitions,
            ["configs"] = new JsonArray([.. configs.Select(config => new JsonObject { ["name"] = config.Name, ["value"] = config.Value })]),
        };
        using var created = await SendAsync(HttpMethod.Post, V3("/topics"), body.ToJsonString());
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        return name;
    }

    /// <summary>The body of a GET that must succeed.</summary>
    public async Task<JsonNode> GetAsync(string path, string? accept = null)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, accept: accept);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null, string? type = "application/json", string? accept = null) =>
        SendAsync(method, path, body is null ? null : Encoding.UTF8.GetBytes(body), type, accept);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, byte[]? body, string? type, string? accept = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (type is not null)
                request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }

        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        return await Client.SendAsync(request);
    }

    /// <summary>A v2 produce that must be answered with 200; its <c>offsets</c>.</summary>
    public async Task<JsonArray> ProduceAsync(string path, string body, string type = Json)
    {
        using var answer = await SendAsync(HttpMethod.Post, path, body, type);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{(int)answer.StatusCode} {text}");
        return JsonNode.Parse(text)!["offsets"]!.AsArray();
    }

    public async Task<JsonArray> FetchAsync(string topic, int partition = 0, string query = "offset=earliest", string accept = Json) =>
        (await GetAsync($"/topics/{topic}/partitions/{partition}/records?{query}", accept)).AsArray();

    public async Task<long> EndAsync(string topic, int partition = 0) =>
        (await GetAsync($"/topics/{topic}/partitions/{partition}/offsets"))["end_offset"]!.GetValue<long>();

    /// <summary>Sends, and expects an error of the interface: status, code, and a message with all of these words in it.</summary>
    public async Task ExpectErrorAsync(HttpMethod method, string path, byte[]? body, string? type, int status, int code, params string[] words)
    {
        using var answer = await SendAsync(method, path, body, type);
        await ExpectErrorAsync(answer, status, code, words);
    }

    public Task ExpectErrorAsync(HttpMethod method, string path, string? body, string? type, int status, int code, params string[] words) =>
        ExpectErrorAsync(method, path, body is null ? null : Encoding.UTF8.GetBytes(body), type, status, code, words);

    public static async Task ExpectErrorAsync(HttpResponseMessage answer, int status, int code, params string[] words)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode} {text}");
        using var document = JsonDocument.Parse(text);
        Assert.Equal(code, document.RootElement.GetProperty("error_code").GetInt32());
        foreach (var word in words)
            Assert.Contains(word, document.RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
