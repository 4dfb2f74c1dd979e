using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Records;
using ManagedLog.Testing.Backend;

namespace ManagedLog.Engine.Tests.Housekeeping;

/// <summary>One engine of a <see cref="HousekeepingWorld"/>.</summary>
internal sealed record HousekeepingInstance(LogEngine Engine, CountingBackend Calls, HousekeepingWorld World)
{
    public async Task<Topic> CreateAsync(string name, params (string Name, string Value)[] configs) => await CreateAsync(name, 1, configs);

    public async Task<Topic> CreateAsync(string name, int partitions, params (string Name, string Value)[] configs)
    {
        var settings = new Dictionary<string, string?> { ["linger.ms"] = "0" };
        foreach (var (key, value) in configs)
            settings[key] = value;
        var created = await Engine.CreateTopicAsync(new NewTopic(name, partitions, null, settings, false), default);
        Assert.False(created.IsRefused, created.Refusal?.ToString());
        return created.Value;
    }

    /// <summary>Appends one record with the time of day as its timestamp.</summary>
    public Task<long> AppendAsync(Topic topic, string value, int partition = 0) => AppendAsync(topic, World.Now.ToUnixTimeMilliseconds(), value, partition);

    public async Task<long> AppendAsync(Topic topic, long timestamp, string value, int partition = 0)
    {
        var appended = await Engine.AppendAsync(topic, partition, new AppendRequest([HousekeepingWorld.Batch(timestamp, value)]), default);
        Assert.False(appended.IsRefused, appended.Refusal?.ToString());
        return appended.Value.Batches[0].BaseOffset;
    }

    /// <summary>Large records, five to a segment where segments take 16 KiB.</summary>
    public async Task AppendLargeAsync(Topic topic, int count, int partition = 0)
    {
        for (var i = 0; i < count; i++)
            await AppendAsync(topic, Large(i), partition);
    }

    public static string Large(int number) => $"{number}-{new string('x', 3200)}";

    public async Task<HousekeepingSummary> TickAsync()
    {
        var ticked = await Engine.RunHousekeepingAsync(default);
        Assert.False(ticked.IsRefused, ticked.Refusal?.ToString());
        return ticked.Value;
    }

    public async Task<Result<FetchResult>> FetchAsync(Topic topic, FetchFrom from, int partition = 0) =>
        await Engine.FetchAsync(topic, partition, new FetchRequest(from, 1_000_000, TimeSpan.Zero), default);

    public async Task<PartitionOffsets> OffsetsAsync(Topic topic, int partition = 0) => (await Engine.OffsetsAsync(topic, partition, default)).Value;

    /// <summary>From the log start to the end.</summary>
    public async Task<List<(long Offset, string Value)>> ReadAllAsync(Topic topic, int partition = 0)
    {
        var records = new List<(long, string)>();
        var from = FetchFrom.Earliest;
        while (true)
        {
            var fetched = await FetchAsync(topic, from, partition);
            Assert.False(fetched.IsRefused, fetched.Refusal?.ToString());
            if (fetched.Value.Batches.Count == 0)
                return records;
            foreach (var batch in fetched.Value.Batches)
            {
                Assert.True(RecordBatchReader.TryOpen(batch, 1_000_000, out var reader, out _));
                while (reader.TryReadNext(out var record))
                {
                    if (record.Offset >= fetched.Value.FetchOffset)
                        records.Add((record.Offset, System.Text.Encoding.UTF8.GetString(record.Value!.Value.Span)));
                }
            }

            from = FetchFrom.At(fetched.Value.NextOffset);
        }
    }
}
