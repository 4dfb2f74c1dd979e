using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Api.Following;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Hosting;
using ManagedLog.Protocol.Records;
using ManagedLog.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Functions.Tests.Following;

/// <summary>A stream to a client that the test plays itself, byte by byte.</summary>
public sealed class RecordFollowerTests : IAsyncLifetime, IDisposable
{
    /// <summary>What the server keeps for a client before it waits.</summary>
    private const int ServerBuffer = 64 * 1024;

    private readonly ManualTimeProvider _clock = new();
    private readonly LogEngine _engine;
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: ServerBuffer, resumeWriterThreshold: ServerBuffer / 2, useSynchronizationContext: false));
    private readonly CancellationTokenSource _aborted = new();
    private readonly CancellationTokenSource _stopping = new();
    private Topic _topic = null!;

    public RecordFollowerTests() =>
        _engine = new LogEngine(new InMemoryBackend(_clock), new EngineOptions(), _clock, new SystemEntropy(), NullLogger.Instance);

    public async Task InitializeAsync()
    {
        await _engine.StartAsync(default);
        var created = await _engine.CreateTopicAsync(new NewTopic("t", 2, null, new Dictionary<string, string?> { ["linger.ms"] = "0" }, ValidateOnly: false), default);
        _topic = created.Value;
    }

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    public void Dispose()
    {
        _aborted.Dispose();
        _stopping.Dispose();
    }

    [Fact]
    public async Task Stream_WhenTheClientTakesNothing_ReadsNoFurtherAndIsGivenUpAfterAMinute()
    {
        for (var i = 0; i < 20; i++)
            await AppendAsync(0, new string('x', 100_000));
        using var partitions = new PartitionFollower(_engine, [FollowedPartition.Of(_topic, 0, FetchFrom.Earliest)], _clock, ErrorMapping.From);
        await partitions.OpenAsync();
        var running = RunAsync(partitions);

        await _clock.WhenWaitingAsync(StreamLimits.SlowClient);
        Assert.True(_pipe.Reader.TryRead(out var taken));
        Assert.InRange(taken.Buffer.Length, 1, (2 * ServerBuffer) + 150_000);
        Assert.InRange(partitions.Partitions[0].Next!.Value, 1, 3);
        Assert.False(running.IsCompleted);

        _clock.Advance(StreamLimits.SlowClient);
        Assert.False(await running);
    }

    [Fact]
    public async Task Stream_WhenTheClientIsSlow_LosesNothing()
    {
        for (var i = 0; i < 40; i++)
            await AppendAsync(i % 2, new string('x', 50_000) + i);
        using var partitions = new PartitionFollower(_engine, [FollowedPartition.Of(_topic, 0, FetchFrom.Earliest), FollowedPartition.Of(_topic, 1, FetchFrom.Earliest)], _clock, ErrorMapping.From);
        await partitions.OpenAsync();
        var running = RunAsync(partitions, "timeout=0");
        var text = new StringBuilder();
        while (true)
        {
            var read = await _pipe.Reader.ReadAsync();
            var some = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, 1000));
            text.Append(Encoding.UTF8.GetString(some.ToArray()));
            _pipe.Reader.AdvanceTo(some.End);
            if (read.IsCompleted && read.Buffer.Length <= 1000)
                break;
        }

        Assert.True(await running);
        var values = text.ToString().Split("data: ").Skip(1).Select(data => System.Text.Json.Nodes.JsonNode.Parse(data.Split('\n')[0])!["value"]!.GetValue<string>().TrimStart('x'));
        Assert.Equal(Enumerable.Range(0, 40), values.Select(int.Parse).Order());
    }

    [Fact]
    public async Task Stream_WhenTheClientHasGone_LeavesTheWatchersAtOnce()
    {
        using var partitions = new PartitionFollower(_engine, [FollowedPartition.Of(_topic, 0, FetchFrom.Latest), FollowedPartition.Of(_topic, 1, FetchFrom.Latest)], _clock, ErrorMapping.From);
        await partitions.OpenAsync();
        var running = RunAsync(partitions);
        await _clock.WhenWaitingAsync(StreamLimits.Heartbeat);
        Assert.All(partitions.Partitions, partition => Assert.NotNull(partition.Watch));

        await _aborted.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        partitions.Dispose();
        Assert.All(partitions.Partitions, partition => Assert.Null(partition.Watch));
        // Each watcher wakes once more, finds that nobody waits, and sleeps no more.
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(_clock.Waiting);
    }

    [Fact]
    public async Task Stream_WhenTheClientGoesWhileItIsSlow_Ends()
    {
        for (var i = 0; i < 5; i++)
            await AppendAsync(0, new string('x', 100_000));
        using var partitions = new PartitionFollower(_engine, [FollowedPartition.Of(_topic, 0, FetchFrom.Earliest)], _clock, ErrorMapping.From);
        await partitions.OpenAsync();
        var running = RunAsync(partitions);
        await _clock.WhenWaitingAsync(StreamLimits.SlowClient);
        await _aborted.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Stream_OvertakenByRetention_SaysFromWhereOnThereIsSomething()
    {
        for (var i = 0; i < 20; i++)
            await AppendAsync(0, new string('x', 100_000));
        using var partitions = new PartitionFollower(_engine, [FollowedPartition.Of(_topic, 0, FetchFrom.Earliest)], _clock, ErrorMapping.From);
        await partitions.OpenAsync();
        var running = RunAsync(partitions);
        await _clock.WhenWaitingAsync(StreamLimits.SlowClient);
        Assert.False((await _engine.DeleteRecordsAsync(_topic, 0, 15, default)).IsRefused);

        var text = await ReadToEndAsync();

        Assert.True(await running);
        var blocks = text.TrimEnd('\n').Split("\n\n");
        var last = blocks.Last(block => block.StartsWith("id: ", StringComparison.Ordinal));
        Assert.InRange(int.Parse(last[6..last.IndexOf('\n', StringComparison.Ordinal)]), 0, 10);
        Assert.StartsWith("event: error\ndata: {\"error_code\":41601,", blocks[^1], StringComparison.Ordinal);
        Assert.Contains("15 to 20", blocks[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_OfSeveralPartitions_TakesThemInTurn()
    {
        for (var i = 0; i < 20; i++)
        {
            await AppendAsync(0, new string('x', 100_000));
            if (i < 3)
                await AppendAsync(1, new string('y', 100_000));
        }

        using var partitions = new PartitionFollower(_engine, [FollowedPartition.Of(_topic, 0, FetchFrom.Earliest), FollowedPartition.Of(_topic, 1, FetchFrom.Earliest)], _clock, ErrorMapping.From);
        await partitions.OpenAsync();
        var order = new List<int>();
        while (await partitions.NextAsync(250_000) is { } next)
        {
            order.Add(next.Partition.Number);
            next.Partition.GoOnAt(next.Result!.NextOffset);
        }

        Assert.Equal([0, 1, 0, 1, 0, 0], order.Take(6));
    }

    private static FetchQuery Query(string more)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Accept = MediaTypes.EventStream;
        context.Request.QueryString = new QueryString($"?offset=0&format=text&{more}");
        Assert.True(FetchQuery.TryRead(context.Request, out var query, out _));
        return query;
    }

    private async Task<bool> RunAsync(PartitionFollower partitions, string more = "")
    {
        var query = Query(more);
        using var stream = new RecordFollower(
            partitions, partition => new RecordWriter(partition.TopicName, partition.Number, query.Format), query, new EventIds(partitions.Partitions, withTopics: false), _pipe.Writer, _clock);
        try
        {
            return await stream.RunAsync(_stopping.Token, _aborted.Token);
        }
        finally
        {
            await _pipe.Writer.CompleteAsync();
        }
    }

    private async Task<string> ReadToEndAsync()
    {
        using var text = new MemoryStream();
        await _pipe.Reader.CopyToAsync(text);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private async Task AppendAsync(int partition, string value)
    {
        var builder = new RecordBatchBuilder();
        builder.Add(_clock.GetUtcNow().ToUnixTimeMilliseconds(), null, Encoding.UTF8.GetBytes(value), []);
        var appended = await _engine.AppendAsync(_topic, partition, new AppendRequest([builder.Build()]), default);
        Assert.False(appended.IsRefused, appended.Refusal?.ToString());
    }
}
