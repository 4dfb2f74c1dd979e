using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace ManagedLog.Functions.Tests.Support;

/// <summary>A client of server-sent events, or of lines, as the standard reads them: block by block.</summary>
internal sealed class EventStream : IDisposable
{
    private readonly HttpResponseMessage _answer;
    private readonly StreamReader _reader;

    private EventStream(HttpResponseMessage answer, Stream body)
    {
        _answer = answer;
        _reader = new StreamReader(body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }

    public HttpResponseMessage Answer => _answer;

    /// <summary>The id that the client would send back: of the last block that had one.</summary>
    public string? LastId { get; private set; }

    public static async Task<EventStream> OpenAsync(TestService service, string path, string? lastEventId = null, string accept = "text/event-stream", HttpContent? body = null)
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, path) { Content = body };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (lastEventId is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        var answer = await service.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{(int)answer.StatusCode} {(answer.IsSuccessStatusCode ? "" : await answer.Content.ReadAsStringAsync())}");
        return new EventStream(answer, await answer.Content.ReadAsStreamAsync());
    }

    /// <summary>The next line of an answer that has lines; null at its end.</summary>
    public Task<string?> LineAsync() => _reader.ReadLineAsync();

    /// <summary>The next block, whatever it is; null at the end.</summary>
    public async Task<string?> BlockAsync()
    {
        var block = new StringBuilder();
        while (await _reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
                LastId = line[4..];
            if (line.Length == 0)
                return block.ToString();
            block.Append(line).Append('\n');
        }

        Assert.Equal(0, block.Length);
        return null;
    }

    /// <summary>The data of the next record; null at the end. Passes over what is no record, but not over errors.</summary>
    public async Task<JsonNode?> RecordAsync()
    {
        while (await BlockAsync() is { } block)
        {
            Assert.DoesNotContain("event: error", block, StringComparison.Ordinal);
            if (DataOf(block) is { } data)
                return JsonNode.Parse(data);
        }

        return null;
    }

    /// <summary>The data of the next error event; passes over everything before.</summary>
    public async Task<JsonNode> ErrorAsync()
    {
        while (await BlockAsync() is { } block)
        {
            if (block.StartsWith("event: error\n", StringComparison.Ordinal))
                return JsonNode.Parse(DataOf(block)!)!;
        }

        throw new Xunit.Sdk.XunitException("The stream ended without an error.");
    }

    /// <summary>All records up to the end of the stream, each as <c>partition:offset</c>, with the id that came with it.</summary>
    public async Task<List<(string Record, string Id)>> AllAsync()
    {
        var all = new List<(string, string)>();
        while (await RecordAsync() is { } record)
            all.Add((PlaceOf(record), LastId!));
        return all;
    }

    public static string PlaceOf(JsonNode record) => $"{record["partition"]}:{record["offset"]}";

    public void Dispose()
    {
        _reader.Dispose();
        _answer.Dispose();
    }

    private static string? DataOf(string block)
    {
        var start = block.StartsWith("data: ", StringComparison.Ordinal) ? 0 : block.IndexOf("\ndata: ", StringComparison.Ordinal) + 1;
        return start > 0 || block.StartsWith("data: ", StringComparison.Ordinal) ? block[(start + 6)..].TrimEnd('\n') : null;
    }
}
