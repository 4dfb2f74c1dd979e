using System.Net;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V2;

[Collection(SharedService.Name)]
public sealed class MetadataTests(TestService service)
{
    [Fact]
    public async Task Root_IsAnEmptyObject() => Assert.Equal("{}", (await service.GetAsync("/")).ToJsonString());

    [Fact]
    public async Task Brokers_IsTheOneAccount() => Assert.Equal("""{"brokers":[0]}""", (await service.GetAsync("/brokers")).ToJsonString());

    [Fact]
    public async Task Topics_ListsNamesInOrder()
    {
        var first = await service.CreateTopicAsync();
        var second = await service.CreateTopicAsync();
        var names = (await service.GetAsync("/topics")).AsArray().Select(name => name!.GetValue<string>()).ToList();
        Assert.Contains(first, names);
        Assert.Contains(second, names);
        Assert.DoesNotContain(names, name => name.StartsWith("__", StringComparison.Ordinal));
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
    }

    [Fact]
    public async Task Topic_HasItsConfigsAsStringsAndItsPartitions()
    {
        var topic = await service.CreateTopicAsync(2, ("retention.ms", "1000"));
        var described = await service.GetAsync($"/topics/{topic}");
        Assert.Equal(topic, described["name"]!.GetValue<string>());
        Assert.Equal("1000", described["configs"]!["retention.ms"]!.GetValue<string>());
        Assert.Equal("delete", described["configs"]!["cleanup.policy"]!.GetValue<string>());
        Assert.Equal(2, described["partitions"]!.AsArray().Count);
        Assert.Equal(described["partitions"]!.ToJsonString(), (await service.GetAsync($"/topics/{topic}/partitions")).ToJsonString());
    }

    [Fact]
    public async Task Partition_HasALeaderThatIsInSync()
    {
        var topic = await service.CreateTopicAsync(2);
        var partition = await service.GetAsync($"/topics/{topic}/partitions/1/");
        Assert.Equal("""{"partition":1,"leader":0,"replicas":[{"broker":0,"leader":true,"in_sync":true}]}""", partition.ToJsonString());
    }

    [Fact]
    public async Task Offsets_OfANewPartition_AreZero()
    {
        var topic = await service.CreateTopicAsync();
        Assert.Equal("""{"beginning_offset":0,"end_offset":0}""", (await service.GetAsync($"/topics/{topic}/partitions/0/offsets")).ToJsonString());
    }

    [Theory]
    [InlineData("", 40403)]
    [InlineData("/partitions", 40401)]
    [InlineData("/partitions/0", 40401)]
    [InlineData("/partitions/0/offsets", 40401)]
    public Task Topic_WhenUnknown_Is404(string path, int code) => service.ExpectErrorAsync(HttpMethod.Get, "/topics/no-such-topic" + path, "", null, 404, code, "no-such-topic");

    [Theory]
    [InlineData("1")]
    [InlineData("-1")]
    [InlineData("+0")]
    [InlineData("zero")]
    [InlineData("0x0")]
    [InlineData("99999999999999999999")]
    public async Task Partition_WhenThereIsNoSuch_Is404(string partition)
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Get, $"/topics/{topic}/partitions/{partition}", "", null, 404, 40402, topic, partition);
        await service.ExpectErrorAsync(HttpMethod.Get, $"/topics/{topic}/partitions/{partition}/offsets", "", null, 404, 40402, topic, partition);
    }

    [Theory]
    [InlineData(null, TestService.V2)]
    [InlineData("*/*", TestService.V2)]
    [InlineData("application/json", "application/json")]
    [InlineData("application/json;q=0.1, application/vnd.kafka.v2+json", TestService.V2)]
    [InlineData(TestService.Json, TestService.Json)]
    public async Task Answer_HasTheTypeThatTheClientPrefers(string? accept, string type)
    {
        using var answer = await service.SendAsync(HttpMethod.Get, "/topics", accept: accept);
        Assert.Equal(type, answer.Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public async Task Answer_WhenTheClientTakesNoneOfOurTypes_Is406()
    {
        using var answer = await service.SendAsync(HttpMethod.Get, "/topics", accept: "text/csv");
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.ToString());
        await TestService.ExpectErrorAsync(answer, 406, 406, "text/csv", TestService.V2);
    }

    [Theory]
    [InlineData("GET", "/no/such/path", 404)]
    [InlineData("GET", "/v3/nothing", 404)]
    [InlineData("DELETE", "/topics", 405)]
    [InlineData("PUT", "/topics/t", 405)]
    public async Task Path_WhenNothingIsThere_IsAJsonErrorAsEverywhere(string method, string path, int status)
    {
        using var answer = await service.SendAsync(new HttpMethod(method), path);
        Assert.Equal(path.StartsWith("/v3", StringComparison.Ordinal) ? "application/json" : TestService.V2, answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(status == 405, answer.Content.Headers.Allow.Count > 0);
        await TestService.ExpectErrorAsync(answer, status, status, path);
    }

    [Fact]
    public async Task Answer_DoesNotNameTheServer()
    {
        using var answer = await service.SendAsync(HttpMethod.Get, "/");
        Assert.False(answer.Headers.Contains("Server"));
    }
}
