using System.Text;
using IronSnappy;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Fixtures;

/// <summary>Brings about every kind of thing that is stored, each in a topic that is named after it.</summary>
internal sealed class FixtureScenario(SentLog log, ImageRecorder storage, TimeProvider time)
{
    private readonly Random _random = new(1);

    public async Task RunAsync()
    {
        await log.CreateAsync("never-written", 3);
        await FillFormsAsync();
        await FillProducersAsync();
        var rolled = await FillRolledAsync();
        var retained = await FillRetainedAsync();
        await FillAppendTimesAsync();
        await FillStartedWithinAsync();
        await EndByBlockLimitAsync();
        await FillIndexedAsync();
        await FreeDeletedAsync();

        // Rolls, rewrites, checkpoints, retention and due work, as the housekeeping makes them; the blobs of before stay for an hour.
        for (var tick = 0; tick < 4; tick++)
            await TickAsync(TimeSpan.FromMinutes(5));
        await log.LearnLogStartAsync(retained, 0);

        // What a later build finds in the middle of its life.
        await AppendLargeAsync(rolled, 7, producer: 0);
        await LeaveSealedAsync();
        await LeaveFullAsync();
        await LeaveDeletedAsync();
        await LeaveOrphanAsync(rolled);
        await ClaimKeysAsync();
    }

    private static ReadOnlyMemory<byte>? Bytes(string? text) => text is null ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(text);

    private static Record Record(long timestamp, string? key, string? value, params RecordHeader[] headers) => new(0, timestamp, Bytes(key), Bytes(value), headers);

    private static BatchIdentity Producer(long id, int sequence, short epoch = 0) => new(new ProducerIdentity(id, epoch), sequence);

    private async Task TickAsync(TimeSpan after)
    {
        await Task.Delay(after, time);
        _ = (await log.Engine.RunHousekeepingAsync(default)).Value;
    }

    private async Task AppendLargeAsync(Topic topic, int count, long? producer = null)
    {
        var from = producer is null ? 0 : (int)(await log.Engine.OffsetsAsync(topic, 0, default)).Value.LogEnd;
        for (var i = 0; i < count; i++)
        {
            var value = new byte[3200];
            _random.NextBytes(value);
            await log.SendAsync(topic, 0, [Record(log.Now, $"k{i % 4}", null) with { Value = value }], producer: producer is { } id ? Producer(id, from + i) : null);
        }
    }

    /// <summary>Codecs; keys, values and headers that are absent, empty, long, repeated, not ASCII; times that go back.</summary>
    private async Task FillFormsAsync()
    {
        var topic = await log.CreateAsync("forms", 2, ("compression.type", "producer"), ("max.message.bytes", "65536"), ("message.timestamp.after.max.ms", "7200000"));
        foreach (var codec in new[] { CompressionCodec.None, CompressionCodec.Gzip, CompressionCodec.Snappy })
        {
            await log.SendAsync(
                topic,
                0,
                [
                    Record(log.Now, null, null),
                    Record(log.Now - 5, "", ""),
                    Record(log.Now + 3_600_000, "key", null, new RecordHeader("a", null), new RecordHeader("a", Bytes("")), new RecordHeader("", Bytes("x"))),
                    Record(0, null, new string('v', 500), new RecordHeader("schlüssel-鍵", Bytes("wert"))),
                    Record(log.Now + 1, "grüße", "{\"a\":1}"),
                ],
                codec);
            await Task.Delay(TimeSpan.FromSeconds(1), time);
        }

        var bare = Enumerable.Range(0, 20).Select(i => Record(log.Now + i, $"k{i}", "the same text again and again")).ToList();
        await log.SendAsync(topic, 1, BareSnappy(bare), null, bare);
    }

    /// <summary>Snappy without framing, as librdkafka may send it: nothing here writes that, but it is stored as it comes.</summary>
    private static Memory<byte> BareSnappy(IReadOnlyList<Record> records)
    {
        var builder = new RecordBatchBuilder();
        foreach (var record in records)
            builder.Add(record.Timestamp, record.Key, record.Value, record.Headers);
        var plain = builder.Build();
        byte[] batch = [.. plain.Span[..RecordBatchHeader.Size], .. Snappy.Encode(plain.Span[RecordBatchHeader.Size..])];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - RecordBatchHeader.LogOverhead);
        batch[22] |= (byte)CompressionCodec.Snappy;
        RecordBatchPatch.SealCrc(batch);
        return batch;
    }

    /// <summary>More batches of a producer than are remembered, a second epoch, several producers; enough blocks for checkpoints, and a tail behind the last.</summary>
    private async Task FillProducersAsync()
    {
        var topic = await log.CreateAsync("producers", 1);
        var ids = new long[3];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = (await log.Engine.NewProducerAsync(default)).Value.Id;
        for (var i = 0; i < 7; i++)
            await log.SendAsync(topic, 0, [Record(log.Now, "a", $"{i}"), Record(log.Now, "b", $"{i}")], producer: Producer(ids[0], 2 * i));
        await log.SendAsync(topic, 0, [Record(log.Now, "a", "first epoch")], producer: Producer(ids[1], 0));
        await log.SendAsync(topic, 0, [Record(log.Now, "a", "second epoch")], producer: Producer(ids[1], 0, epoch: 1));
        await log.SendAsync(topic, 0, [Record(log.Now, "a", "no producer")]);
        for (var i = 0; i < 10; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time);
            await log.SendAsync(topic, 0, [Record(log.Now, "c", $"{i}")], producer: Producer(ids[2], i));
        }
    }

    /// <summary>Segments that the housekeeping rewrites, with producer states at their bases.</summary>
    private async Task<Topic> FillRolledAsync()
    {
        var topic = await log.CreateAsync("rolled", 1, ("segment.bytes", "16384"), ("segment.ms", "86400000"));
        await AppendLargeAsync(topic, 12, producer: 0);
        return topic;
    }

    /// <summary>Segments that retention removes: by size, all but the last of the sealed ones.</summary>
    private async Task<Topic> FillRetainedAsync()
    {
        var topic = await log.CreateAsync("retained", 1, ("segment.bytes", "16384"), ("retention.bytes", "16384"));
        await AppendLargeAsync(topic, 22);
        return topic;
    }

    private async Task FillAppendTimesAsync()
    {
        var topic = await log.CreateAsync("append-times", 1, ("message.timestamp.type", "LogAppendTime"), ("segment.bytes", "16384"));
        for (var i = 0; i < 4; i++)
        {
            await log.SendAsync(topic, 0, [Record(1, "a", $"{i}"), Record(2, "b", $"{i}")], i % 2 == 0 ? CompressionCodec.None : CompressionCodec.Gzip, producer: Producer(1, 2 * i));
            await Task.Delay(TimeSpan.FromSeconds(1), time);
        }

        await AppendLargeAsync(topic, 6);
    }

    /// <summary>The log start lies within a batch of a sealed segment.</summary>
    private async Task FillStartedWithinAsync()
    {
        var topic = await log.CreateAsync("started-within", 1, ("segment.bytes", "16384"), ("retention.ms", "-1"));
        await AppendLargeAsync(topic, 7);
        await log.SendAsync(topic, 0, [.. Enumerable.Range(0, 9).Select(i => Record(log.Now + i, $"{i}", $"{i}"))]);
        await AppendLargeAsync(topic, 7);
        await log.DeleteRecordsAsync(topic, 0, before: 11);
    }

    /// <summary>Indexes of several points in a footer and in a checkpoint, with times that go up and down.</summary>
    private async Task FillIndexedAsync()
    {
        var topic = await log.CreateAsync("indexed", 1, ("segment.bytes", "98304"));
        for (var i = 0; i < 21; i++)
            await log.SendAsync(topic, 0, [Record(log.Now + (i % 3 == 0 ? -i : 100 * i), $"{i}", new string('x', 9000))]);
    }

    private async Task EndByBlockLimitAsync()
    {
        var topic = await log.CreateAsync("ended-by-blocks", 1);
        for (var i = 0; i < FixtureWriter.MaxBlocks + 5; i++)
            await log.SendAsync(topic, 0, [Record(log.Now + i, null, $"{i}")]);
    }

    /// <summary>A topic of which only the heads and the used id are left, and a topic of its name that was created after it.</summary>
    private async Task FreeDeletedAsync()
    {
        var topic = await log.CreateAsync("created-again", 2);
        await log.SendAsync(topic, 0, [Record(log.Now, null, "gone")]);
        await log.Engine.DeleteTopicAsync(topic.Name, default);
        await TickAsync(TimeSpan.FromMinutes(1));
        await log.SendAsync(await log.CreateAsync("created-again", 1), 0, [Record(log.Now, null, "here")]);
    }

    /// <summary>Whoever sealed the active segment has died before it chained it.</summary>
    private async Task LeaveSealedAsync()
    {
        var topic = await log.CreateAsync("left-sealed", 1);
        await log.SendAsync(topic, 0, [Record(log.Now, "a", "1"), Record(log.Now, "b", "2")]);
        var head = await HeadAsync(topic);
        var blob = StorageLayout.LogBlob(topic.At(0), head.Active.BaseOffset, head.Active.Segment);
        var length = (await storage.GetBlobAsync(blob, default)).Value.Length;
        Require(await storage.AppendAsync(blob, length, new SealFrame(head.Active.Segment, length, 2).ToArray(), default));
    }

    /// <summary>The active segment can take no further block, and nobody has noticed.</summary>
    private async Task LeaveFullAsync()
    {
        var topic = await log.CreateAsync("left-full", 1);
        await log.SendAsync(topic, 0, [Record(log.Now, null, "0")]);
        var head = await HeadAsync(topic);
        var blob = StorageLayout.LogBlob(topic.At(0), head.Active.BaseOffset, head.Active.Segment);
        for (var i = 1; storage.BlockCountOf(blob) < FixtureWriter.MaxBlocks; i++)
            await log.SendAsync(topic, 0, [Record(log.Now, null, $"{i}")]);
    }

    /// <summary>A deleted topic with all that is still to be freed; one partition was never written.</summary>
    private async Task LeaveDeletedAsync()
    {
        var topic = await log.CreateAsync("left-deleted", 2, ("segment.bytes", "16384"));
        await AppendLargeAsync(topic, 6);
        _ = (await log.Engine.DeleteTopicAsync(topic.Name, default)).Value;
    }

    /// <summary>A blob that no chain names: whoever proposed it lost.</summary>
    private async Task LeaveOrphanAsync(Topic topic)
    {
        var head = await HeadAsync(topic);
        var segment = new SegmentId(new Guid("00112233445566778899aabbccddeeff"));
        var blob = StorageLayout.LogBlob(topic.At(0), head.Active.BaseOffset, segment);
        Require(await storage.CreateAppendBlobAsync(blob, default));
        Require(await storage.AppendAsync(blob, 0, new SegmentHeaderFrame(topic.At(0), segment, head.Active.BaseOffset, 0, head.Active.Segment, log.Now).ToArray(), default));
    }

    private async Task ClaimKeysAsync()
    {
        var topic = await log.CreateAsync("keys", 4);
        for (var i = 0; i < 2; i++)
        {
            var claim = (await log.Engine.ClaimIdempotencyKeyAsync(new IdempotentRequest(topic.Id, $"key-{i}", "", $"{i:x64}", topic.Partitions, 0.25 + (i / 3.0), 1 << 20), default)).Value;
            await log.SendAsync(topic, i, [Record(claim.CreatedAt, null, $"under key {i}")], producer: new BatchIdentity(claim.Producer, 0));
        }
    }

    private async Task<PartitionHeadRow> HeadAsync(Topic topic) => PartitionHeadRow.Decode(
        (await storage.ReadRowAsync(StorageLayout.PartitionsTable, new RowAddress(StorageLayout.PartitionKey(topic.At(0)), StorageLayout.HeadRowKey), default)).Value);

    private static void Require<T>(Outcome<T> outcome)
    {
        if (!outcome.IsDone)
            throw new InvalidOperationException(outcome.ToString());
    }
}
