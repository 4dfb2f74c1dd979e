using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Tests.Hostile;

/// <summary>Little that becomes much when it is decompressed.</summary>
public sealed class BombTests
{
    private const string RecordBatch = "application/vnd.managedlog.recordbatch";

    [Fact]
    public async Task Batch_ThatBecomesTooMuch_IsRefused()
    {
        await using var world = await HostileWorld.StartAsync();
        var bombs = new[]
        {
            Batch(CompressionCodec.Gzip, Gzip(RecordBatchCheck.MaxSizeInBytes + 1)),
            // Snappy says at its beginning how much it becomes: 2 GiB, and the same in the framing of Kafka's Java clients.
            Batch(CompressionCodec.Snappy, [0xff, 0xff, 0xff, 0xff, 0x07, 0x00, 0x78]),
            Batch(CompressionCodec.Snappy, [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00, 0x78]),
            Batch(CompressionCodec.Snappy, [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00, 0, 0, 0, 1, 0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff]),
            // Seventeen blocks of 4 MiB of zeros; 513 blocks of 128 KiB of zeros.
            Batch(CompressionCodec.Lz4, [0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73, .. Repeat(17, [0x3f, 0x40, 0, 0, 0x1f, 0, 1, 0, .. Repeat(16_436, [0xff]), 0, 0x50, 0, 0, 0, 0, 0]), 0, 0, 0, 0]),
            Batch(CompressionCodec.Zstd, [0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, .. Repeat(513, [0x02, 0, 0x10, 0]), 1, 0, 0]),
        };
        foreach (var bomb in bombs)
            await world.Service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{world.Topic}/partitions/0", bomb, RecordBatch, 400, 400, "Nothing was appended");
        await world.CheckAsync();
    }

    [Fact]
    public async Task Body_ThatBecomesTooMuch_IsRefusedAsSoonAsItDoes()
    {
        await using var world = await HostileWorld.StartAsync();
        var bomb = Gzip(200 * 1024 * 1024);
        foreach (var path in new[] { $"/topics/{world.Topic}", world.Service.V3("/topics"), world.Service.V3($"/topics/{world.Topic}/records") })
        {
            var type = path.StartsWith("/v3", StringComparison.Ordinal) ? "application/json" : TestService.Text;
            var headers = $"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {type}\r\nContent-Encoding: gzip\r\nContent-Length: {bomb.Length}\r\n\r\n";
            var answer = await world.AttackAsync(headers + Encoding.Latin1.GetString(bomb));
            Assert.True(HostileWorld.StatusesOf(answer) is [] or [400 or 413] || answer.Contains("\"error_code\":4", StringComparison.Ordinal), answer);
        }

        await world.CheckAsync();
    }

    [Fact]
    public async Task Batch_ThatBecomesMuch_CountsForWhatItBecomesWhileItIsRead()
    {
        await using var world = await HostileWorld.StartAsync("--ManagedLog:Limits:MaxAnswerBytes=8000000");
        var topic = await world.Service.CreateTopicAsync();
        var builder = new RecordBatchBuilder(CompressionCodec.Gzip);
        builder.Add(0, null, new byte[24 * 1024 * 1024], []);
        using (var produced = await world.Service.SendAsync(HttpMethod.Post, $"/topics/{topic}/partitions/0", builder.Build().ToArray(), RecordBatch))
            Assert.Equal(200, (int)produced.StatusCode);

        var path = $"/topics/{topic}/partitions/0/records?offset=0";
        await using var slow = await world.ConnectAsync();
        await slow.SendAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {TestService.Binary}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", await slow.HeadersAsync(), StringComparison.Ordinal);
        Assert.True(world.Service.Use.Answers.Taken > 24 * 1024 * 1024);
        await world.Service.ExpectErrorAsync(HttpMethod.Get, path, body: (string?)null, null, 503, 50003, "bytes of answers");
        slow.Vanish();
        await world.Service.StopAsync();
        world.ExpectNothingHeld();
    }

    private static byte[] Repeat(int times, byte[] bytes) => [.. Enumerable.Repeat(bytes, times).SelectMany(each => each)];

    private static byte[] Gzip(int length) => Gzip(new byte[length]);

    private static byte[] Gzip(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return compressed.ToArray();
    }

    /// <summary>One of 64 MiB: whatever reads batches reads it, so that none is taken that then is there for some and not for others.</summary>
    [Fact]
    public async Task Batch_ThatBecomesAsMuchAsItMay_IsTaken_FoundByItsTime_Fetched_AndSearched()
    {
        await using var world = await HostileWorld.StartAsync();
        var topic = await world.Service.CreateTopicAsync(1);
        var (first, last) = (Record(0, 0, 5), Record(2, 1_000, 5));
        foreach (var (more, status, text) in new[] { (1, 400, "DecompressedSize"), (0, 200, "offsets") })
        {
            // Of its length nine bytes tell about the record itself, and four how long it is.
            byte[] records = [.. first, .. Record(1, 0, RecordLimits.MaxDecompressedBytes + more - first.Length - last.Length - 13), .. last];
            Assert.Equal(RecordLimits.MaxDecompressedBytes + more, records.Length);
            var builder = new RecordBatchBuilder(CompressionCodec.Gzip);
            foreach (var timestamp in new[] { 0, 0, 1_000 })
                builder.Add(timestamp, null, new byte[1_000], []);
            using var produced = await world.Service.SendAsync(HttpMethod.Post, $"/topics/{topic}/partitions/0", Batch(builder, Gzip(records)), RecordBatch);
            var answered = await produced.Content.ReadAsStringAsync();
            Assert.True(status == (int)produced.StatusCode && answered.Contains(text, StringComparison.Ordinal), answered);
        }

        var fetched = (await world.Service.GetAsync($"/topics/{topic}/partitions/0/records?timestamp=1000", TestService.Text)).AsArray();
        Assert.Equal([2], fetched.Select(record => (long)record!["offset"]!));
        using var answer = await world.Service.SendAsync(HttpMethod.Post, world.Service.V3($"/insight/topics/{topic}/search"), """{"from_timestamp":1000}""");
        var found = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.True(found["matches"]!.AsArray().Select(match => (long)match!["offset"]!).SequenceEqual([2]), found.ToJsonString());
    }

    /// <summary>As it stands in a batch: no key, no headers, and a value of so many letters.</summary>
    private static byte[] Record(int offsetDelta, int timestampDelta, int valueLength)
    {
        byte[] head = [0, .. VarInt(timestampDelta), .. VarInt(offsetDelta), .. VarInt(-1), .. VarInt(valueLength)];
        var record = (byte[])[.. VarInt(head.Length + valueLength + 1), .. head, .. new byte[valueLength + 1]];
        record.AsSpan(^(valueLength + 1)..^1).Fill((byte)'x');
        return record;
    }

    private static byte[] VarInt(int value)
    {
        var bytes = new List<byte>();
        var left = (uint)((value << 1) ^ (value >> 31));
        for (; left > 0x7f; left >>= 7)
            bytes.Add((byte)(left | 0x80));
        bytes.Add((byte)left);
        return [.. bytes];
    }

    /// <summary>A batch of one record by its header, and of these bytes by its body.</summary>
    private static byte[] Batch(CompressionCodec codec, byte[] records)
    {
        var builder = new RecordBatchBuilder(codec);
        builder.Add(0, null, new byte[1_000], []);
        return Batch(builder, records);
    }

    private static byte[] Batch(RecordBatchBuilder builder, byte[] records)
    {
        var batch = (byte[])[.. builder.Build().Span[..RecordBatchHeader.Size], .. records];
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - 12);
        RecordBatchPatch.SealCrc(batch);
        return batch;
    }
}
