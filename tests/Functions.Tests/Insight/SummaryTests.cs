using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Insight;

[Collection(SharedService.Name)]
public sealed class SummaryTests(TestService service)
{
    private string Path(string topic, string path = "") => service.V3($"/insight/topics/{topic}{path}");

    private async Task<string> TopicAsync(int partitions = 2, params (string, string)[] configs)
    {
        var topic = await service.CreateTopicAsync(partitions, configs);
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"partition":0,"key":1,"value":1},{"partition":0,"key":2,"value":2},{"partition":1,"key":3,"value":3,"timestamp":1767225600000}]}""");
        return topic;
    }

    [Fact]
    public async Task Topic_SaysWhatIsInIt()
    {
        var topic = await TopicAsync(2, ("retention.ms", "86400000"));
        var insight = await service.GetAsync(Path(topic));

        Assert.Equal(("ManagedLogTopicInsight", topic, service.Cluster), ((string)insight["kind"]!, (string)insight["topic_name"]!, (string)insight["cluster_id"]!));
        Assert.Equal($"{service.Address}{Path(topic)[1..]}", (string)insight["metadata"]!["self"]!);
        Assert.Equal((3, false, 2), ((int)insight["records"]!, (bool)insight["records_is_upper_bound"]!, (int)insight["segments_count"]!));
        Assert.Equal((0, 1), ((int)insight["last_record"]!["partition_id"]!, (int)insight["last_record"]!["offset"]!));
        Assert.True((long)insight["bytes"]! > 200);
        Assert.Equal("86400000", (string)insight["configs"]!["retention.ms"]!);
        Assert.Empty(insight["unavailable_partitions"]!.AsArray());
        Assert.Empty(insight["consumer_groups"]!.AsArray());
        var partitions = await service.GetAsync(new Uri((string)insight["partitions"]!["related"]!).PathAndQuery);
        Assert.Equal((long)insight["bytes"]!, partitions["data"]!.AsArray().Sum(partition => (long)partition!["bytes"]!));
    }

    [Fact]
    public async Task Cost_FollowsItsFormula()
    {
        var topic = await TopicAsync();
        var insight = await service.GetAsync(Path(topic));
        var cost = insight["cost"]!;
        var bytes = (long)insight["bytes"]! + (long)insight["dead_bytes"]!;
        Assert.Equal("USD", (string)cost["currency"]!);
        Assert.StartsWith($"{bytes} bytes / 2^30 * 0.0208 / 30", (string)cost["formula"]!);
        Assert.Equal(bytes / Math.Pow(2, 30) * 0.0208 / 30, (double)cost["storage_per_day"]!, bytes * 1e-15);
    }

    [Fact]
    public async Task Topic_ThatIsCompacted_SaysThatItsRecordsAreAtMostSoMany() =>
        Assert.True((bool)(await service.GetAsync(Path(await TopicAsync(2, ("cleanup.policy", "compact")))))["records_is_upper_bound"]!);

    [Fact]
    public async Task Topics_ArePaged()
    {
        var one = await TopicAsync();
        var other = await TopicAsync();
        var names = new List<string>();
        var path = service.V3("/insight/topics?page_size=1");
        for (var pages = 0; path is not null; pages++)
        {
            Assert.InRange(pages, 0, 1000);
            var page = await service.GetAsync(path);
            names.Add((string)Assert.Single(page["data"]!.AsArray())!["topic_name"]!);
            path = (string?)page["metadata"]!["next"] is { } next ? new Uri(next).PathAndQuery : null;
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Equal([one, other], names.Where(name => name == one || name == other));
        var all = (await service.GetAsync(service.V3("/insight/topics")))["data"]!.AsArray();
        Assert.True(all.Count > 1);
    }

    [Fact]
    public async Task Partitions_ArePaged()
    {
        var topic = await TopicAsync(5);
        var first = await service.GetAsync(Path(topic, "/partitions?page_size=3"));
        Assert.Equal([0, 1, 2], first["data"]!.AsArray().Select(partition => (int)partition!["partition_id"]!));
        var second = await service.GetAsync(new Uri((string)first["metadata"]!["next"]!).PathAndQuery);
        Assert.Equal([3, 4], second["data"]!.AsArray().Select(partition => (int)partition!["partition_id"]!));
        Assert.Null(second["metadata"]!["next"]);
    }

    [Fact]
    public async Task Partition_HasItsEndsAndSegments()
    {
        var topic = await TopicAsync();
        var partition = await service.GetAsync(Path(topic, "/partitions/1"));
        Assert.Equal((0, 1, 1, 1), ((int)partition["log_start_offset"]!, (int)partition["high_watermark"]!, (int)partition["log_end_offset"]!, (int)partition["records"]!));
        Assert.Equal("2026-01-01T00:00:00.000Z", (string)partition["last_record"]!["timestamp"]!);

        var segments = await service.GetAsync(new Uri((string)partition["segments"]!["related"]!).PathAndQuery);
        var segment = Assert.Single(segments["data"]!.AsArray())!;
        Assert.Equal((0, 1, "log", true, false), ((int)segment["base_offset"]!, (int)segment["end_offset"]!, (string)segment["storage"]!, (bool)segment["is_active"]!, (bool)segment["is_dead"]!));
        Assert.Equal((long)partition["bytes"]!, (long)segment["bytes"]!);
        Assert.Equal("2026-01-01T00:00:00.000Z", (string)segment["max_timestamp"]!);
    }

    [Fact]
    public async Task Partition_NeverWrittenTo_HasNothing()
    {
        var topic = await service.CreateTopicAsync();
        var partition = await service.GetAsync(Path(topic, "/partitions/0"));
        Assert.Equal((0, 0), ((int)partition["records"]!, (int)partition["segments_count"]!));
        Assert.Null(partition["last_record"]);
        Assert.Empty((await service.GetAsync(Path(topic, "/partitions/0/segments")))["data"]!.AsArray());
    }

    [Theory]
    [InlineData("/insight/topics?page_size=0")]
    [InlineData("/insight/topics?page_size=x")]
    [InlineData("/insight/topics?page_token=%21")]
    public Task Page_ThatIsNone_Is400(string path) => service.ExpectErrorAsync(HttpMethod.Get, service.V3(path), "", null, 400, 40002, "page_");

    [Theory]
    [InlineData("/insight/topics/no-such-topic", 40403)]
    [InlineData("/insight/topics/no-such-topic/partitions", 40403)]
    [InlineData("/insight/topics/no-such-topic/partitions/0/segments", 40403)]
    public Task Topic_WhenUnknown_Is404(string path, int code) => service.ExpectErrorAsync(HttpMethod.Get, service.V3(path), "", null, 404, code, "no-such-topic");

    [Fact]
    public async Task InternalTopics_CanBeMadeWrittenToAndDeletedByNobody()
    {
        await service.ExpectErrorAsync(HttpMethod.Post, service.V3("/topics"), """{"topic_name":"__mine"}""", "application/json", 403, 40301, "__mine");
        await service.ExpectErrorAsync(HttpMethod.Delete, service.V3("/topics/__metrics"), "", null, 403, 40301, "__metrics");
        await service.ExpectErrorAsync(HttpMethod.Patch, service.V3("/topics/__metrics"), """{"partitions_count":3}""", "application/json", 403, 40301, "__metrics");
    }
}
