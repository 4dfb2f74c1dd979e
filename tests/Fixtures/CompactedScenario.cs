using System.Text;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Fixtures;

/// <summary>Brings about what compaction stores: segments that shrank, that were merged, several times over, tombstones that wait and that went, a pass that was cut off.</summary>
internal sealed class CompactedScenario(SentLog log, StallingBackend storage, TimeProvider time)
{
    public const long ProducerId = 7;

    private const int LargeKeys = 9;
    private const int LargeBytes = 3200;

    private readonly Random _random = new(2);

    public async Task RunAsync()
    {
        // Its tombstones are still there when the fixture is read, days later, and go while it is gone on with.
        var generations = await CreateAsync("generations", ("delete.retention.ms", "432000000"));
        var expired = await CreateAsync("expired", ("delete.retention.ms", "0"));
        var stamped = await CreateAsync("stamped", ("message.timestamp.type", "LogAppendTime"), ("delete.retention.ms", "432000000"));
        var started = await CreateAsync("started-within", ("delete.retention.ms", "432000000"));
        for (var round = 0; round < 4; round++)
        {
            foreach (var topic in new[] { generations, expired, stamped, started })
                await FillAsync(topic, round);
            await TickAsync();
            await TickAsync();
        }

        await log.DeleteRecordsAsync(started, 0, before: 30);
        await TickAsync();
        await TickAsync();

        // More than one object's worth of which nothing is superseded, and a tick that ends after the first object.
        var underWay = await CreateAsync("under-way", ("delete.retention.ms", "432000000"));
        for (var i = 0; i < 24; i++)
            await log.SendAsync(underWay, 0, [Large($"only {i}")], producer: Next(underWay));
        await FillAsync(underWay, 9);
        storage.Delay = TimeSpan.FromMinutes(1);
        await TickAsync();
        storage.Delay = TimeSpan.Zero;
    }

    private async Task<Topic> CreateAsync(string name, params (string Name, string Value)[] configs) =>
        await log.CreateAsync(name, 1, [("cleanup.policy", "compact"), ("segment.bytes", "16384"), ("min.cleanable.dirty.ratio", "0"), .. configs]);

    /// <summary>Large records of keys that come again, batches of small ones in each codec, and tombstones beside records that stay.</summary>
    private async Task FillAsync(Topic topic, int round)
    {
        for (var i = 0; i < 7; i++)
        {
            await log.SendAsync(topic, 0, [Large($"large {((3 * i) + round) % LargeKeys}")], producer: Next(topic));
            await Task.Delay(TimeSpan.FromSeconds(1), time);
        }

        foreach (var codec in new[] { CompressionCodec.None, CompressionCodec.Gzip, CompressionCodec.Snappy })
        {
            var records = Enumerable.Range(0, 8).Select(i => Small($"{codec} {(i + round) % 11}", $"{new string('v', 40)} {round}")).ToList();
            await log.SendAsync(topic, 0, records, codec, producer: Next(topic));
            await log.SendAsync(topic, 0, [Small($"{codec} {round}", null), Small($"stays {codec} {round}", "beside a tombstone"), Small("always", $"{codec} {round}")], codec);
        }
    }

    private Record Large(string key)
    {
        var value = new byte[LargeBytes];
        _random.NextBytes(value);
        return Small(key, null) with { Value = value };
    }

    private Record Small(string key, string? value) =>
        new(0, log.Now, Encoding.UTF8.GetBytes(key), value is null ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(value), [new RecordHeader("h", Encoding.UTF8.GetBytes(key))]);

    /// <summary>One producer numbers most batches of a topic.</summary>
    private BatchIdentity Next(Topic topic) =>
        new(new ProducerIdentity(ProducerId, 0), log.SentTo(topic, 0).Where(batch => batch.Producer is not null).Sum(batch => batch.Records.Count));

    private async Task TickAsync()
    {
        await Task.Delay(TimeSpan.FromMinutes(5), time);
        _ = (await log.Engine.RunHousekeepingAsync(default)).Value;
    }
}
