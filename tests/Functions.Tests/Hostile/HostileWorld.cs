using System.Globalization;
using System.Text;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Hostile;

/// <summary>
/// The real service on a port of its own with one topic and one record in it, for one attack; and what must hold after any. Nothing here waits for a time to pass.
/// </summary>
internal sealed class HostileWorld : IAsyncDisposable
{
    private readonly InMemoryBackend _storage = new(TimeProvider.System);
    private readonly List<string> _values = ["first"];
    private IReadOnlyList<string> _blobs = [];

    private HostileWorld(string[] settings) => Service = new TestService(_storage, settings);

    public TestService Service { get; }

    public string Topic { get; private set; } = "";

    public static async Task<HostileWorld> StartAsync(params string[] settings)
    {
        var world = new HostileWorld(settings);
        await world.Service.InitializeAsync();
        world.Topic = await world.Service.CreateTopicAsync();
        await world.Service.ProduceAsync($"/topics/{world.Topic}", Body("first"), TestService.Text);
        world._blobs = await world.BlobsAsync();
        return world;
    }

    /// <summary>The body of a v2 produce of one text.</summary>
    public static string Body(string value) => $$"""{"records":[{"value":"{{value}}"}]}""";

    /// <summary>A whole v2 produce of one text, as it goes over the wire; the last on its connection unless other headers are given.</summary>
    public string Produce(string value, string headers = "Connection: close\r\n")
    {
        var body = Body(value);
        return string.Create(CultureInfo.InvariantCulture, $"POST /topics/{Topic} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {TestService.Text}\r\n{headers}Content-Length: {body.Length}\r\n\r\n{body}");
    }

    public Task<RawConnection> ConnectAsync() => RawConnection.OpenAsync(Service.Address);

    /// <summary>Sends it and waits until the server has hung up, because it was told to or does not want more: what it answered.</summary>
    public async Task<string> AttackAsync(string text, bool breaksOff = false)
    {
        await using var connection = await ConnectAsync();
        await connection.SendAllAsync(Encoding.Latin1.GetBytes(text));
        if (breaksOff)
            connection.BreakOff();
        return await connection.ClosedAsync();
    }

    /// <summary>The statuses of the answers in what a server sent, in their order.</summary>
    public static int[] StatusesOf(string answers) =>
        [.. answers.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries).Select(answer => int.Parse(answer[..3], CultureInfo.InvariantCulture))];

    /// <summary>These statuses, with blanks between them, and no others.</summary>
    public static void Expect(string statuses, string answers) => Assert.Equal(statuses, string.Join(' ', StatusesOf(answers)));

    /// <summary>
    /// This status alone. A server that hangs up while more comes resets the connection, which can take its answer away from the client that still sends: then there is none.
    /// </summary>
    public static void ExpectRefusal(string status, string answers) => Assert.Contains(string.Join(' ', StatusesOf(answers)), new[] { status, "" });

    /// <summary>Nothing but refusals, or a connection that was closed without a word.</summary>
    public static void ExpectRefusals(string answers) => Assert.All(StatusesOf(answers), status => Assert.InRange(status, 400, 499));

    /// <summary>
    /// The service answers, takes a record and gives it back; the log holds what it is told here and nothing else; nothing else was stored; and when all requests are over, none of them
    /// holds anything. The last is asked after the service has stopped, which waits for them.
    /// </summary>
    /// <param name="appended">Texts that the attack is known to have appended.</param>
    public async Task CheckAsync(params string[] appended)
    {
        using (var health = await Service.SendAsync(HttpMethod.Get, "/health"))
            Assert.Equal(200, (int)health.StatusCode);
        Assert.Equal(_blobs, await BlobsAsync());
        await Service.ProduceAsync($"/topics/{Topic}", Body("last"), TestService.Text);
        _values.AddRange([.. appended, "last"]);
        Assert.Equal(_values, (await Service.FetchAsync(Topic, accept: TestService.Text)).Select(record => (string)record!["value"]!));
        var topics = (await Service.GetAsync(Service.V3("/topics")))["data"]!.AsArray().Where(topic => !(bool)topic!["is_internal"]!);
        Assert.Equal([Topic], topics.Select(topic => (string)topic!["topic_name"]!));
        await Service.StopAsync();
        ExpectNothingHeld();
    }

    public void ExpectNothingHeld()
    {
        var use = Service.Use;
        Assert.Equal((0L, 0L, 0, 0), (use.Bodies.Taken, use.Answers.Taken, use.Requests, use.Waiting));
    }

    public async ValueTask DisposeAsync() => await Service.DisposeAsync();

    private async Task<IReadOnlyList<string>> BlobsAsync()
    {
        var listed = await _storage.ListBlobsAsync("", null, 1_000, default);
        Assert.True(listed.IsDone);
        return [.. listed.Value.Blobs.Select(blob => blob.Name).Order(StringComparer.Ordinal)];
    }
}
