using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Compaction;

/// <summary>What a portal sees of compacted logs.</summary>
public sealed class CompactedInsightTests(CompactedLogs logs) : IClassFixture<CompactedLogs>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Segments_FollowOnEachOtherAndNameWhatTheyTake(bool isReader)
    {
        foreach (var topic in (string[])[logs.Gaps, logs.Emptied, logs.Revived])
        {
            var segments = await CompactedLogs.SegmentsAsync(logs.Of(isReader), topic);
            Assert.Equal(segments.Skip(1).Select(segment => (long)segment["base_offset"]!), segments.SkipLast(1).Select(segment => (long)segment["end_offset"]!));
            Assert.Equal(0, (long)segments[0]["base_offset"]!);
            Assert.Equal(await logs.Writer.EndAsync(topic), (long)segments[^1]["end_offset"]!);
            Assert.All(segments, segment => Assert.True((long)segment["bytes"]! > 0 && !(bool)segment["is_dead"]!));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Summary_OfWhatIsEmptied_CountsOffsetsAndNamesNoLastRecord(bool isReader)
    {
        var service = logs.Of(isReader);
        var topic = await service.GetAsync(service.V3($"/insight/topics/{logs.Emptied}"));
        Assert.Equal((CompactedLogs.EmptiedEnd, true, null), ((long)topic["records"]!, (bool)topic["records_is_upper_bound"]!, topic["last_record"]));
        var partition = await service.GetAsync(service.V3($"/insight/topics/{logs.Emptied}/partitions/0"));
        Assert.Equal((0, CompactedLogs.EmptiedEnd, null), ((long)partition["log_start_offset"]!, (long)partition["high_watermark"]!, partition["last_record"]));
        Assert.Equal(CompactedLogs.EmptiedEnd, (long)(await service.GetAsync(service.V3($"/insight/topics/{logs.Revived}/partitions/0")))["last_record"]!["offset"]!);
        Assert.Equal(logs.GapsEnd - 1, (long)(await service.GetAsync(service.V3($"/insight/topics/{logs.Gaps}/partitions/0")))["last_record"]!["offset"]!);
    }

    [Theory]
    [InlineData(false, "oldest", 50, 1_000_000)]
    [InlineData(true, "oldest", 50, 1_000_000)]
    [InlineData(true, "oldest", 2, 1_000_000)]
    [InlineData(true, "oldest", 50, 1)]
    [InlineData(false, "newest", 50, 1_000_000)]
    [InlineData(true, "newest", 50, 1_000_000)]
    [InlineData(true, "newest", 2, 1_000_000)]
    [InlineData(true, "newest", 50, 1)]
    public async Task Search_InSteps_FindsWhatIsLeftOnce(bool isReader, string order, int matches, int bytes)
    {
        foreach (var (topic, expected) in new[] { (logs.Gaps, logs.Left.Select(record => record.Offset)), (logs.Emptied, []), (logs.Revived, [CompactedLogs.EmptiedEnd]) })
        {
            var found = await SearchAsync(logs.Of(isReader), topic, new JsonObject { ["order"] = order, ["max_matches"] = matches, ["max_bytes"] = bytes });
            Assert.Equal(order == "oldest" ? expected : expected.Reverse(), found);
        }
    }

    [Theory]
    [InlineData("oldest")]
    [InlineData("newest")]
    public async Task Search_BetweenAnyTimesAndOffsets_FindsWhatIsLeftThere(string order)
    {
        for (var from = 0L; from <= logs.GapsEnd; from += 4)
        {
            var to = from + 9;
            var expected = logs.Left.Select(record => record.Offset).Where(offset => offset >= from && offset < to).ToList();
            if (order == "newest")
                expected.Reverse();
            Assert.Equal(expected, await SearchAsync(logs.Reader, logs.Gaps, new JsonObject { ["order"] = order, ["from_offset"] = from, ["to_offset"] = to }));
            var times = new JsonObject { ["order"] = order, ["from_timestamp"] = SentRecord.TimeOf(from), ["to_timestamp"] = SentRecord.TimeOf(to) };
            Assert.Equal(expected, await SearchAsync(logs.Reader, logs.Gaps, times));
        }

        Assert.Empty(await SearchAsync(logs.Reader, logs.Emptied, new JsonObject { ["order"] = order, ["from_timestamp"] = SentRecord.TimeOf(3) }));
    }

    private static async Task<List<long>> SearchAsync(TestService service, string topic, JsonObject question)
    {
        var found = new List<long>();
        for (var steps = 0; ; steps++)
        {
            Assert.InRange(steps, 0, 200);
            using var answer = await service.SendAsync(HttpMethod.Post, service.V3($"/insight/topics/{topic}/search"), question.ToJsonString());
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, text);
            var step = JsonNode.Parse(text)!;
            found.AddRange(step["matches"]!.AsArray().Select(match => (long)match!["offset"]!));
            if ((string?)step["next_page_token"] is not { } token)
                return found;
            question["page_token"] = token;
        }
    }
}
