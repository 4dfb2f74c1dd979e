using System.Globalization;
using System.Text.Json.Nodes;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Testing;

namespace ManagedLog.Functions.Tests.Compaction;

/// <summary>One record of a compacted log as it was sent; no value is a tombstone. Its timestamp follows from its offset.</summary>
internal sealed record SentRecord(long Offset, string Key, string? Value)
{
    public long Timestamp => TimeOf(Offset);

    public static long TimeOf(long offset) => 1_767_225_600_000 + (offset * 1000);
}

/// <summary>
/// A service that wrote logs and compacted them, and one that has seen nothing of that, over the same storage. The clock stands still unless a test advances it.
/// </summary>
public sealed class CompactedLogs : IAsyncLifetime
{
    private const int Rounds = 10;

    private static readonly string[] s_settings = ["--ManagedLog:Engine:HeadMaxAge=00:00:00", "--ManagedLog:HousekeepingInterval=1.00:00:00"];

    private readonly ManualTimeProvider _clock = new();
    private readonly List<SentRecord> _sent = [];

    public CompactedLogs()
    {
        var storage = new InMemoryBackend(_clock);
        Writer = new TestService(storage, _clock, s_settings);
        Reader = new TestService(storage, _clock, s_settings);
    }

    /// <summary>Does the housekeeping too.</summary>
    public TestService Writer { get; }

    /// <summary>Opens the partitions when a test first reads them.</summary>
    public TestService Reader { get; }

    /// <summary>Of several segments, with gaps of all kinds: within batches, between them, where a segment begins and where one ends.</summary>
    public string Gaps { get; private set; } = "";

    /// <summary>What is left in <see cref="Gaps"/>.</summary>
    internal IReadOnlyList<SentRecord> Left { get; private set; } = [];

    public long GapsEnd => _sent.Count;

    /// <summary>All of it was superseded, by a tombstone that has gone too: one segment without a batch, up to <see cref="EmptiedEnd"/>, and an active one without a record.</summary>
    public string Emptied { get; private set; } = "";

    /// <summary>The same, with one record behind.</summary>
    public string Revived { get; private set; } = "";

    public static long EmptiedEnd => 13;

    public async Task InitializeAsync()
    {
        await Writer.InitializeAsync();
        await FillGapsAsync();
        Emptied = await FillEmptiedAsync();
        Revived = await FillEmptiedAsync();

        // Both have read before what is then compacted.
        await Writer.FetchAsync(Gaps, query: "offset=earliest&timeout=0");
        for (var tick = 0; tick < 20; tick++)
        {
            _clock.Advance(TimeSpan.FromSeconds(30));
            await Writer.TickAsync();
        }

        await Writer.ProduceAsync($"/topics/{Revived}/partitions/0", """{"records":[{"key":"b","value":"alive"}]}""");
        await Reader.InitializeAsync();
        var firstActive = (long)(await SegmentsAsync(Writer, Gaps))[^1]["base_offset"]!;
        var last = _sent.Where(record => record.Offset < firstActive).GroupBy(record => record.Key).Select(records => records.Last().Offset).ToHashSet();
        Left = [.. _sent.Where(record => record.Offset >= firstActive || last.Contains(record.Offset))];
    }

    public async Task DisposeAsync()
    {
        await Writer.DisposeAsync();
        await Reader.DisposeAsync();
    }

    public TestService Of(bool isReader) => isReader ? Reader : Writer;

    public static async Task<List<JsonNode>> SegmentsAsync(TestService service, string topic) =>
        [.. (await service.GetAsync(service.V3($"/insight/topics/{topic}/partitions/0/segments")))["data"]!.AsArray().Select(segment => segment!)];

    /// <summary>What a reader finds first at or behind an offset; null: nothing.</summary>
    internal SentRecord? FirstFrom(long offset) => Left.FirstOrDefault(record => record.Offset >= offset);

    private async Task FillGapsAsync()
    {
        Gaps = await Writer.CreateTopicAsync(1, ("cleanup.policy", "compact"), ("segment.bytes", "16384"), ("min.cleanable.dirty.ratio", "0"), ("linger.ms", "0"));
        for (var round = 0; round < Rounds; round++)
        {
            await SendAsync($"first-{round}", "a", "b");
            await SendAsync("a", $"last-{round}");
            await SendAsync("b");
            await SendAsync("a");
            await SendAsync("b");
        }
    }

    /// <summary>One batch.</summary>
    private async Task SendAsync(params string[] keys)
    {
        var records = new JsonArray();
        foreach (var key in keys)
        {
            var sent = new SentRecord(_sent.Count, key, $"{_sent.Count}-{new string('x', 1500)}");
            _sent.Add(sent);
            records.Add(new JsonObject { ["key"] = sent.Key, ["value"] = sent.Value, ["timestamp"] = sent.Timestamp });
        }

        var placed = await Writer.ProduceAsync($"/topics/{Gaps}/partitions/0", new JsonObject { ["records"] = records }.ToJsonString());
        Assert.Equal(_sent.Count - 1, (long)placed[^1]!["offset"]!);
    }

    private async Task<string> FillEmptiedAsync()
    {
        var topic = await Writer.CreateTopicAsync(
            1,
            ("cleanup.policy", "compact"),
            ("segment.bytes", "16384"),
            ("segment.ms", "60000"),
            ("min.cleanable.dirty.ratio", "0"),
            ("delete.retention.ms", "0"),
            ("linger.ms", "0"));
        for (var i = 0; i < EmptiedEnd; i++)
        {
            var value = i == EmptiedEnd - 1 ? "null" : $"\"{i}-{new string('x', 3200)}\"";
            var time = SentRecord.TimeOf(i).ToString(CultureInfo.InvariantCulture);
            await Writer.ProduceAsync($"/topics/{topic}/partitions/0", $$"""{"records":[{"key":"a","value":{{value}},"timestamp":{{time}}}]}""");
        }

        return topic;
    }
}
