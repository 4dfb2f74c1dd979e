using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Tests.Compaction;

/// <summary>
/// Whatever a client reads with, from any offset on, it gets the records that compaction left, at their offsets, and comes to the end: of a service that had the log open all the
/// time, and of one that opens it afterwards.
/// </summary>
public sealed class CompactedFetchTests(CompactedLogs logs) : IClassFixture<CompactedLogs>
{
    private const string RecordBatch = "application/vnd.managedlog.recordbatch";
    private const string Lines = "application/x-ndjson";

    [Fact]
    public async Task Log_WasCompacted_WithGapsWhereSegmentsEnd()
    {
        var segments = await CompactedLogs.SegmentsAsync(logs.Writer, logs.Gaps);
        var closed = segments.SkipLast(1).ToList();
        Assert.True(closed.Count > 1);
        Assert.All(closed, segment => Assert.Equal("segment", (string)segment["storage"]!));
        Assert.InRange(logs.Left.Count, 20, (int)logs.GapsEnd - 20);
        var left = logs.Left.Select(record => record.Offset).ToHashSet();
        Assert.Contains(closed, segment => !left.Contains((long)segment["end_offset"]! - 1));
        foreach (var topic in (string[])[logs.Emptied, logs.Revived])
        {
            var empty = (await CompactedLogs.SegmentsAsync(logs.Writer, topic))[0];
            Assert.Equal((0, CompactedLogs.EmptiedEnd, false, null), ((long)empty["base_offset"]!, (long)empty["end_offset"]!, (bool)empty["is_active"]!, (string?)empty["max_timestamp"]));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task V2_FromAnyOffset_GivesTheNextRecordThatIsThere(bool isReader)
    {
        for (var offset = 0L; offset <= logs.GapsEnd; offset++)
        {
            using var answer = await logs.Of(isReader).SendAsync(HttpMethod.Get, $"/topics/{logs.Gaps}/partitions/0/records?offset={offset}&count=1&timeout=0", accept: TestService.Json);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var given = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsArray();
            AssertIs(logs.FirstFrom(offset), given.Count == 0 ? null : given[0]);
            Assert.Equal(("0", $"{logs.GapsEnd}"), (answer.Headers.GetValues("Log-Start-Offset").Single(), answer.Headers.GetValues("High-Watermark").Single()));
        }
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(true, 5000)]
    [InlineData(true, 1_000_000)]
    public async Task V2_ReadByOffsetsBehindTheLast_GivesEveryRecordOnce(bool isReader, int maxBytes)
    {
        var read = new List<long>();
        for (var offset = 0L; ;)
        {
            var given = await logs.Of(isReader).FetchAsync(logs.Gaps, query: $"offset={offset}&max_bytes={maxBytes}&timeout=0");
            if (given.Count == 0)
                break;
            read.AddRange(given.Select(record => (long)record!["offset"]!));
            offset = read[^1] + 1;
        }

        Assert.Equal(logs.Left.Select(record => record.Offset), read);
    }

    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 3)]
    [InlineData(true, 1000)]
    public async Task V3_FollowingNext_GivesEveryRecordOnceAndEndsAtTheEnd(bool isReader, int count)
    {
        var service = logs.Of(isReader);
        var read = new List<long>();
        var next = service.V3($"/topics/{logs.Gaps}/partitions/0/records?offset=earliest&count={count}&timeout=0");
        while (true)
        {
            var answer = await service.GetAsync(new Uri(service.Address, next).PathAndQuery);
            next = (string)answer["metadata"]!["next"]!;
            if (answer["data"]!.AsArray() is { Count: > 0 } data)
            {
                read.AddRange(data.Select(record => (long)record!["offset"]!));
                Assert.InRange((long)answer["next_offset"]!, read[^1] + 1, logs.GapsEnd);
                continue;
            }

            Assert.Equal(logs.GapsEnd, (long)answer["next_offset"]!);
            break;
        }

        Assert.Equal(logs.Left.Select(record => record.Offset), read);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Raw_FromAnyOffset_GivesBatchesThatLeadToTheEnd(bool isReader)
    {
        for (var from = 0L; from <= logs.GapsEnd; from++)
        {
            var read = new List<long>();
            var offset = from;
            while (true)
            {
                using var answer = await logs.Of(isReader).SendAsync(HttpMethod.Get, $"/topics/{logs.Gaps}/partitions/0/records?offset={offset}&timeout=0&max_bytes=20000", accept: RecordBatch);
                var (records, next) = ReadBatches(await answer.Content.ReadAsByteArrayAsync());
                if (next is null)
                    break;
                Assert.True(next > offset);
                read.AddRange(records.Where(record => record >= offset));
                offset = next.Value;
            }

            Assert.Equal(logs.Left.Select(record => record.Offset).Where(record => record >= from), read);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Events_ResumedAtAnyOffset_GiveTheRestOnceWithTheIdsOfTheirRecords(bool isReader)
    {
        var path = $"/topics/{logs.Gaps}/partitions/0/records?offset=earliest&timeout=0";
        for (var seen = -1L; seen < logs.GapsEnd; seen++)
        {
            using var stream = await EventStream.OpenAsync(logs.Of(isReader), path, lastEventId: $"0:{seen}");
            var expected = logs.Left.Where(record => record.Offset > seen).Select(record => ($"0:{record.Offset}", $"0:{record.Offset}"));
            Assert.Equal(expected, await stream.AllAsync());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lines_OfTheTopic_GiveEveryRecordOnce(bool isReader)
    {
        using var stream = await EventStream.OpenAsync(logs.Of(isReader), $"/topics/{logs.Gaps}/records?offset=earliest&format=json&timeout=0", accept: Lines);
        foreach (var record in logs.Left)
            AssertIs(record, JsonNode.Parse((await stream.LineAsync())!));
        Assert.Null(await stream.LineAsync());
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(true, 1_000_000)]
    public async Task FetchOfSeveral_FollowingNextOffset_GivesEveryRecordOnceAndNeverStands(bool isReader, int maxPartitionBytes)
    {
        for (var from = 0L; from <= logs.GapsEnd; from += maxPartitionBytes == 1 ? 7 : 1)
        {
            var read = new List<long>();
            for (var offset = from; offset < logs.GapsEnd;)
            {
                var partition = await FetchSeveralAsync(isReader, $$"""{"partitions":[{{Place(logs.Gaps, offset)}}],"timeout":0,"max_partition_bytes":{{maxPartitionBytes}}}""");
                read.AddRange(partition["records"]!.AsArray().Select(record => (long)record!["offset"]!));
                Assert.True((long)partition["next_offset"]! > offset);
                offset = (long)partition["next_offset"]!;
            }

            Assert.Equal(logs.Left.Select(record => record.Offset).Where(record => record >= from), read);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Timestamp_OfAnyRecordThatIsThereOrWas_BeginsAtTheNextThatIsThere(bool isReader)
    {
        var service = logs.Of(isReader);
        for (var offset = 0L; offset <= logs.GapsEnd; offset++)
        {
            var time = SentRecord.TimeOf(offset);
            var given = await service.FetchAsync(logs.Gaps, query: $"timestamp={time}&count=1&timeout=0");
            AssertIs(logs.FirstFrom(offset), given.Count == 0 ? null : given[0]);
            var several = await FetchSeveralAsync(isReader, $$"""{"partitions":[{"topic":"{{logs.Gaps}}","partition":0,"timestamp":{{time}}}],"timeout":0,"count":1}""");
            Assert.Equal(logs.FirstFrom(offset)?.Offset, (long?)several["records"]!.AsArray().FirstOrDefault()?["offset"]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Emptied_FromAnyOffsetAndInAnyManner_HasNothingAndLeadsToItsEnd(bool isReader)
    {
        var service = logs.Of(isReader);
        for (var offset = 0L; offset <= CompactedLogs.EmptiedEnd; offset++)
        {
            Assert.Empty(await service.FetchAsync(logs.Emptied, query: $"offset={offset}&timeout=0"));
            Assert.Empty(await service.FetchAsync(logs.Emptied, query: $"timestamp={SentRecord.TimeOf(offset)}&timeout=0"));
            var answer = await service.GetAsync(service.V3($"/topics/{logs.Emptied}/partitions/0/records?offset={offset}&timeout=0"));
            Assert.Equal((0, CompactedLogs.EmptiedEnd), (answer["data"]!.AsArray().Count, (long)answer["next_offset"]!));
            using var raw = await service.SendAsync(HttpMethod.Get, $"/topics/{logs.Emptied}/partitions/0/records?offset={offset}&timeout=0", accept: RecordBatch);
            Assert.Equal((HttpStatusCode.OK, 0), (raw.StatusCode, (await raw.Content.ReadAsByteArrayAsync()).Length));
            using var stream = await EventStream.OpenAsync(service, $"/topics/{logs.Emptied}/partitions/0/records?offset={offset}&timeout=0");
            Assert.Empty(await stream.AllAsync());
            Assert.Equal(CompactedLogs.EmptiedEnd, (long)(await FetchSeveralAsync(isReader, $$"""{"partitions":[{{Place(logs.Emptied, offset)}}],"timeout":0}"""))["next_offset"]!);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Revived_FromAnyOffsetAndInAnyManner_GivesTheRecordBehindTheEmptySegment(bool isReader)
    {
        var service = logs.Of(isReader);
        var end = CompactedLogs.EmptiedEnd;
        for (var offset = 0L; offset <= end; offset++)
        {
            Assert.Equal(end, (long)Assert.Single(await service.FetchAsync(logs.Revived, query: $"offset={offset}&timeout=0"))!["offset"]!);
            Assert.Equal(end, (long)Assert.Single(await service.FetchAsync(logs.Revived, query: $"timestamp={SentRecord.TimeOf(offset)}&timeout=0"))!["offset"]!);
            var answer = await service.GetAsync(service.V3($"/topics/{logs.Revived}/partitions/0/records?offset={offset}&timeout=0"));
            Assert.Equal((end, end + 1), ((long)Assert.Single(answer["data"]!.AsArray())!["offset"]!, (long)answer["next_offset"]!));
            using var raw = await service.SendAsync(HttpMethod.Get, $"/topics/{logs.Revived}/partitions/0/records?offset={offset}&timeout=0", accept: RecordBatch);
            Assert.Equal([end], ReadBatches(await raw.Content.ReadAsByteArrayAsync()).Records);
            using var stream = await EventStream.OpenAsync(service, $"/topics/{logs.Revived}/partitions/0/records?offset=earliest&timeout=0", lastEventId: $"0:{offset - 1}");
            Assert.Equal([($"0:{end}", $"0:{end}")], await stream.AllAsync());
            var partition = await FetchSeveralAsync(isReader, $$"""{"partitions":[{{Place(logs.Revived, offset)}}],"timeout":0}""");
            Assert.Equal((end, end + 1), ((long)Assert.Single(partition["records"]!.AsArray())!["offset"]!, (long)partition["next_offset"]!));
        }
    }

    private static void AssertIs(SentRecord? expected, JsonNode? given) => Assert.Equal(
        expected, given is null ? null : new SentRecord((long)given["offset"]!, (string)given["key"]!, (string?)given["value"]));

    private static string Place(string topic, long offset) => $$"""{"topic":"{{topic}}","partition":0,"offset":{{offset}}}""";

    private async Task<JsonNode> FetchSeveralAsync(bool isReader, string body)
    {
        var service = logs.Of(isReader);
        using var request = new HttpRequestMessage(HttpMethod.Post, service.V3("/records:fetch")) { Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
        using var answer = await service.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return Assert.Single(JsonNode.Parse(text)!["partitions"]!.AsArray())!;
    }

    /// <summary>The offsets of all records of these batches, and where to go on; null: there is no batch.</summary>
    private static (List<long> Records, long? Next) ReadBatches(ReadOnlyMemory<byte> batches)
    {
        var records = new List<long>();
        long? next = null;
        while (batches.Length > 0)
        {
            Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(batches.Span, out var header));
            Assert.True(RecordBatchReader.TryOpen(batches[..header.SizeInBytes], 1_000_000, out var reader, out _));
            while (reader.TryReadNext(out var record))
                records.Add(record.Offset);
            next = header.NextOffset;
            batches = batches[header.SizeInBytes..];
        }

        return (records, next);
    }
}
