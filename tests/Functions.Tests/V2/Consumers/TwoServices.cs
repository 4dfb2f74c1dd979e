using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Testing;
using ManagedLog.Testing.Backend;

namespace ManagedLog.Functions.Tests.V2.Consumers;

/// <summary>Two services over one storage. Each request goes to the other one than the request before, so nothing that a call needs can be in a service's memory.</summary>
internal sealed class TwoServices : IAsyncDisposable
{
    private readonly TestService[] _services;
    private int _turn;
    private int _names;

    private TwoServices(IStorageBackend backend, TimeProvider time, string[] settings)
    {
        Counts = new CountingBackend(backend);
        _services = [new TestService(Counts, time, settings), new TestService(Counts, time, settings)];
    }

    /// <summary>What the two of them ask of storage.</summary>
    public CountingBackend Counts { get; }

    public TestService One => _services[0];

    public TestService Other => _services[1];

    public static Task<TwoServices> StartAsync(params string[] settings) => StartAsync(new InMemoryBackend(TimeProvider.System), TimeProvider.System, settings);

    public static async Task<TwoServices> StartAsync(IStorageBackend backend, TimeProvider time, params string[] settings)
    {
        var services = new TwoServices(backend, time, settings);
        foreach (var service in services._services)
            await service.InitializeAsync();
        return services;
    }

    public static Task<TwoServices> StartAsync(ManualTimeProvider time) => StartAsync(new InMemoryBackend(time), time);

    public string NewName(string of) => $"{of}-{Interlocked.Increment(ref _names)}";

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null, string? accept = null, string type = TestService.V2) =>
        _services[(uint)Interlocked.Increment(ref _turn) % 2].SendAsync(method, path, body, type, accept);

    /// <summary>A new instance of a group; the path of its other calls.</summary>
    public async Task<string> CreateAsync(string group, string settings = "", string format = "json", bool autoCommit = false)
    {
        var name = NewName("instance");
        var created = await JsonAsync(
            HttpMethod.Post,
            $"/consumers/{group}",
            $$"""{"name":"{{name}}","format":"{{format}}","auto.offset.reset":"earliest","auto.commit.enable":"{{(autoCommit ? "true" : "false")}}"{{(settings.Length > 0 ? "," + settings : "")}}}""");
        Assert.Equal(name, (string)created["instance_id"]!);
        return $"/consumers/{group}/instances/{name}";
    }

    public async Task<string> SubscribedAsync(string group, string topic, string settings = "", bool autoCommit = false)
    {
        var instance = await CreateAsync(group, settings, autoCommit: autoCommit);
        await DoneAsync(HttpMethod.Post, $"{instance}/subscription", $$"""{"topics":["{{topic}}"]}""");
        return instance;
    }

    public async Task<string> AssignedAsync(string group, string topic, params int[] partitions)
    {
        var instance = await CreateAsync(group);
        await DoneAsync(HttpMethod.Post, $"{instance}/assignments", Partitions(topic, partitions));
        return instance;
    }

    public static string Partitions(string topic, params int[] partitions) =>
        $$"""{"partitions":[{{string.Join(',', partitions.Select(partition => $$"""{"topic":"{{topic}}","partition":{{partition}}}"""))}}]}""";

    public static string Offsets(string topic, params (int Partition, long Offset)[] offsets) =>
        $$"""{"offsets":[{{string.Join(',', offsets.Select(one => $$"""{"topic":"{{topic}}","partition":{{one.Partition}},"offset":{{one.Offset}}}"""))}}]}""";

    /// <summary>A call that must be answered with 204.</summary>
    public async Task DoneAsync(HttpMethod method, string path, string? body = null)
    {
        using var answer = await SendAsync(method, path, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.NoContent && text.Length == 0, $"{method} {path}: {(int)answer.StatusCode} {text}");
    }

    public async Task<JsonNode> JsonAsync(HttpMethod method, string path, string? body = null, string? accept = null)
    {
        using var answer = await SendAsync(method, path, body, accept);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{method} {path}: {(int)answer.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    public Task<JsonNode> GetAsync(string path) => JsonAsync(HttpMethod.Get, path);

    public async Task ExpectErrorAsync(HttpMethod method, string path, string? body, int status, int code, params string[] words)
    {
        using var answer = await SendAsync(method, path, body);
        await TestService.ExpectErrorAsync(answer, status, code, words);
    }

    public async Task<List<string>> PollAsync(string instance, string query = "timeout=0") =>
        [.. (await GetAsync($"{instance}/records?{query}")).AsArray().Select(record => $"{record!["partition"]}:{record["offset"]}")];

    /// <summary>What is committed, by partition.</summary>
    public async Task<Dictionary<int, long>> CommittedAsync(string instance, string topic, params int[] partitions) =>
        (await JsonAsync(HttpMethod.Post, $"{instance}/offsets:fetch", Partitions(topic, partitions)))["offsets"]!.AsArray()
            .ToDictionary(offset => (int)offset!["partition"]!, offset => (long)offset!["offset"]!);

    public async Task<List<int>> AssignmentAsync(string instance) =>
        [.. (await GetAsync($"{instance}/assignments"))["partitions"]!.AsArray().Select(partition => (int)partition!["partition"]!)];

    /// <summary>Appends as many records to one partition.</summary>
    public async Task ProduceAsync(string topic, int count, int partition = 0) =>
        await One.ProduceAsync($"/topics/{topic}/partitions/{partition}", $$"""{"records":[{{string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"value":{{i}}}"""))}}]}""");

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services)
            await service.DisposeAsync();
    }
}
