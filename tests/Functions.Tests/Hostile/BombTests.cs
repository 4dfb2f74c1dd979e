using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
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

    private static byte[] Gzip(int length)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            var zeros = new byte[1024 * 1024];
            for (var left = length; left > 0; left -= zeros.Length)
                gzip.Write(zeros, 0, Math.Min(left, zeros.Length));
        }

        return compressed.ToArray();
    }

    /// <summary>A batch of one record by its header, and of these bytes by its body.</summary>
    private static byte[] Batch(CompressionCodec codec, byte[] records)
    {
        var builder = new RecordBatchBuilder(codec);
        builder.Add(0, null, new byte[1_000], []);
        var batch = (byte[])[.. builder.Build().Span[..RecordBatchHeader.Size], .. records];
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - 12);
        RecordBatchPatch.SealCrc(batch);
        return batch;
    }
}
