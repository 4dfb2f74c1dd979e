using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Tests.Raw;

[Collection(SharedService.Name)]
public sealed class RawBatchTests(TestService service)
{
    private const string RecordBatch = "application/vnd.managedlog.recordbatch";

    private static byte[] Batch(CompressionCodec codec, BatchIdentity? identity, params string[] values)
    {
        var builder = new RecordBatchBuilder(codec);
        foreach (var value in values)
            builder.Add(1_700_000_000_000, null, Encoding.UTF8.GetBytes(value), []);
        var batch = builder.Build();
        if (identity is { } given)
        {
            RecordBatchPatch.SetIdentity(batch.Span, given);
            RecordBatchPatch.SealCrc(batch.Span);
        }

        return batch.ToArray();
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> SendAsync(string topic, byte[] body, string type = RecordBatch)
    {
        using var answer = await service.SendAsync(HttpMethod.Post, $"/topics/{topic}/partitions/0", body, type);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }

    private async Task<long> NewProducerAsync()
    {
        using var answer = await service.SendAsync(HttpMethod.Post, service.V3("/producers"), (string?)null);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["producer_id"]!.GetValue<long>();
    }

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    [InlineData(CompressionCodec.Lz4)]
    [InlineData(CompressionCodec.Zstd)]
    public async Task RawBatches_ComeBackWithTheirRecords_RawAndAsJson(CompressionCodec codec)
    {
        var topic = await service.CreateTopicAsync();
        var long1 = new string('a', 500);
        var (status, body) = await SendAsync(topic, [.. Batch(codec, null, "\"x\"", $"\"{long1}\""), .. Batch(codec, null, "3")]);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal([0L, 2L], body["offsets"]!.AsArray().Select(entry => entry!["offset"]!.GetValue<long>()));

        var values = (await service.FetchAsync(topic)).Select(record => record!["value"]!.ToJsonString());
        Assert.Equal(["\"x\"", $"\"{long1}\"", "3"], values);

        using var raw = await service.SendAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset=0", accept: RecordBatch);
        Assert.Equal(RecordBatch, raw.Content.Headers.ContentType!.ToString());
        Assert.Equal("3", raw.Headers.GetValues("High-Watermark").Single());
        var bytes = await raw.Content.ReadAsByteArrayAsync();
        Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(bytes, out var first));
        Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(bytes.AsSpan(first.SizeInBytes), out var second));
        Assert.Equal((0L, 2, codec), (first.BaseOffset, first.RecordCount, first.Codec));
        Assert.Equal((2L, bytes.Length), (second.BaseOffset, first.SizeInBytes + second.SizeInBytes));
    }

    [Fact]
    public async Task RawBatch_SentAgain_IsAnsweredAsTheFirstTime()
    {
        var topic = await service.CreateTopicAsync();
        var producer = new ProducerIdentity(await NewProducerAsync(), 0);
        await SendAsync(topic, Batch(CompressionCodec.None, new BatchIdentity(producer, 0), "1"));
        await SendAsync(topic, Batch(CompressionCodec.None, new BatchIdentity(producer, 1), "2"));

        var (status, body) = await SendAsync(topic, Batch(CompressionCodec.None, new BatchIdentity(producer, 0), "1"));

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(0, body["offsets"]![0]!["offset"]!.GetValue<long>());
        Assert.Equal(2, await service.EndAsync(topic));
    }

    [Fact]
    public async Task RawBatch_WithAGapInItsSequence_IsRefusedAndAppendsNothing()
    {
        var topic = await service.CreateTopicAsync();
        var producer = new ProducerIdentity(await NewProducerAsync(), 0);
        await SendAsync(topic, Batch(CompressionCodec.None, new BatchIdentity(producer, 0), "1"));

        var (status, body) = await SendAsync(topic, Batch(CompressionCodec.None, new BatchIdentity(producer, 5), "6"));

        Assert.NotEqual(HttpStatusCode.OK, status);
        Assert.Contains("sequence 1 is expected", body["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(1, await service.EndAsync(topic));
    }

    public static TheoryData<string, byte[]> Malformed()
    {
        var good = Batch(CompressionCodec.None, null, "1");
        var flipped = (byte[])good.Clone();
        flipped[^1] ^= 1;
        var magic = (byte[])good.Clone();
        magic[16] = 1;
        var data = new TheoryData<string, byte[]>
        {
            { "truncated", good[..^1] },
            { "CRC", flipped },
            { "magic", magic },
            { "trailing bytes", [.. good, 1, 2, 3] },
            { "nothing", [] },
        };
        return data;
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task RawBatch_ThatIsMalformed_IsRefusedAndAppendsNothing(string what, byte[] body)
    {
        var topic = await service.CreateTopicAsync();
        var (status, answer) = await SendAsync(topic, body);
        Assert.True((int)status is 400 or 422, $"{what}: {status}");
        Assert.NotEmpty(answer["message"]!.GetValue<string>());
        Assert.Equal(0, await service.EndAsync(topic));
    }

    [Fact]
    public async Task ProducerHeaders_OnAJsonProduce_MakeARetryRecognisable()
    {
        var topic = await service.CreateTopicAsync(3);
        var id = await NewProducerAsync();
        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/topics/{topic}/partitions/1");
            request.Content = new StringContent("""{"records":[{"value":1},{"value":2}]}""", Encoding.UTF8, TestService.Json);
            request.Headers.Add("Producer-Id", id.ToString(System.Globalization.CultureInfo.InvariantCulture));
            request.Headers.Add("Producer-Epoch", "0");
            request.Headers.Add("Producer-Sequence", "0");
            using var answer = await service.Client.SendAsync(request);
            var offsets = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["offsets"]!.AsArray();
            Assert.Equal([0L, 1L], offsets.Select(entry => entry!["offset"]!.GetValue<long>()));
        }

        Assert.Equal(2, await service.EndAsync(topic, 1));
    }

    [Fact]
    public async Task ProducerHeaders_WithRecordsForTwoPartitions_AreRefusedAndAppendNothing()
    {
        var topic = await service.CreateTopicAsync(2);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/topics/{topic}");
        request.Content = new StringContent("""{"records":[{"value":1,"partition":0},{"value":2,"partition":1}]}""", Encoding.UTF8, TestService.Json);
        request.Headers.Add("Producer-Id", "5");
        request.Headers.Add("Producer-Epoch", "0");
        request.Headers.Add("Producer-Sequence", "0");
        using var answer = await service.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal(0, await service.EndAsync(topic));
    }

    [Fact]
    public async Task Produce_OfATimestampFarInTheFuture_IsRefusedAndAppendsNothing()
    {
        var topic = await service.CreateTopicAsync();
        using var answer = await service.SendAsync(HttpMethod.Post, $"/topics/{topic}", """{"records":[{"value":1,"timestamp":9999999999999}]}""", TestService.Json);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("message.timestamp.after.max.ms", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await service.EndAsync(topic));
    }

    [Fact]
    public async Task RawBatches_FetchedFromOneTopic_CanBeAppendedToAnother()
    {
        var source = await service.CreateTopicAsync();
        var copy = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{source}", """{"records":[{"value":1},{"value":2}]}""");
        await service.ProduceAsync($"/topics/{source}", """{"records":[{"value":3}]}""");
        using var raw = await service.SendAsync(HttpMethod.Get, $"/topics/{source}/partitions/0/records?offset=0", accept: RecordBatch);

        var (status, _) = await SendAsync(copy, await raw.Content.ReadAsByteArrayAsync());

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal([1, 2, 3], (await service.FetchAsync(copy)).Select(record => record!["value"]!.GetValue<int>()));
    }
}
