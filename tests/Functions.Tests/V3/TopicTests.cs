using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V3;

[Collection(SharedService.Name)]
public sealed class TopicTests(TestService service)
{
    [Fact]
    public async Task Create_AnswersWithTheTopicAndItsPlace()
    {
        using var answer = await service.SendAsync(HttpMethod.Post, service.V3("/topics"), """{"topic_name":"created","partitions_count":3,"replication_factor":1}""");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(new Uri(service.Address, service.V3("/topics/created")), answer.Headers.Location);
        var topic = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal(("KafkaTopic", "created", 3, 1, false), ((string)topic["kind"]!, (string)topic["topic_name"]!, (int)topic["partitions_count"]!, (int)topic["replication_factor"]!, (bool)topic["is_internal"]!));
        Assert.Equal(answer.Headers.Location!.ToString(), (string)topic["metadata"]!["self"]!);
        Assert.Equal($"crn:///kafka={service.Cluster}/topic=created", (string)topic["metadata"]!["resource_name"]!);
        Assert.Equal(topic.ToJsonString(), (await service.GetAsync(service.V3("/topics/created"))).ToJsonString());
        Assert.Contains("created", (await service.GetAsync(service.V3("/topics")))["data"]!.AsArray().Select(listed => (string)listed!["topic_name"]!));
    }

    [Fact]
    public async Task Create_WithReplicasAssignments_HasThatManyPartitions()
    {
        using var answer = await service.SendAsync(HttpMethod.Post, service.V3("/topics"), """{"topic_name":"assigned","replicas_assignments":{"0":[0],"1":[0]}}""");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(2, (int)(await service.GetAsync(service.V3("/topics/assigned")))["partitions_count"]!);
    }

    [Fact]
    public async Task Create_WhenOnlyValidated_CreatesNothing()
    {
        using var answer = await service.SendAsync(HttpMethod.Post, service.V3("/topics"), """{"topic_name":"validated","validate_only":true}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3("/topics/validated"), "", null, 404, 40403, "validated");
    }

    [Theory]
    [InlineData("", 422, 422, "empty")]
    [InlineData("{}", 400, 400, "topic_name")]
    [InlineData("{", 400, 400, "Malformed")]
    [InlineData("[]", 400, 400, "Malformed")]
    [InlineData("null", 400, 400, "object")]
    [InlineData("""{"topic_name":7}""", 400, 400, "Malformed")]
    [InlineData("""{"topic_name":"bad","partitions_count":"many"}""", 400, 400, "$.partitions_count")]
    [InlineData("""{"topic_name":"bad","partition_count":1}""", 422, 422, "partition_count")]
    [InlineData("""{"topic_name":"bad","configs":[{"name":"retention.ms","value":"1","type":"x"}]}""", 422, 422, "type")]
    [InlineData("""{"topic_name":"bad","configs":[{"value":"1"}]}""", 400, 400, "name")]
    [InlineData("""{"topic_name":"bad","configs":[null]}""", 400, 400, "name")]
    [InlineData("""{"topic_name":"bad","configs":[{"name":"retention.ms","value":"1"},{"name":"retention.ms","value":"2"}]}""", 400, 40002, "retention.ms")]
    [InlineData("""{"topic_name":"bad","configs":[{"name":"no.such.config","value":"1"}]}""", 400, 40002, "no.such.config")]
    [InlineData("""{"topic_name":"bad","configs":[{"name":"retention.ms","value":"soon"}]}""", 400, 40002, "retention.ms")]
    [InlineData("""{"topic_name":"bad","partitions_count":0}""", 400, 40002, "0")]
    [InlineData("""{"topic_name":"bad","partitions_count":-1}""", 400, 40002, "-1")]
    [InlineData("""{"topic_name":"bad","replication_factor":2}""", 400, 40002, "1")]
    [InlineData("""{"topic_name":"bad","replicas_assignments":{"0":[1]}}""", 400, 40002, "partition 0")]
    [InlineData("""{"topic_name":"bad","replicas_assignments":{"1":[0]}}""", 400, 40002, "partition 0")]
    [InlineData("""{"topic_name":"bad","replicas_assignments":{}}""", 400, 40002, "empty")]
    [InlineData("""{"topic_name":"bad","partitions_count":1,"replicas_assignments":{"0":[0]}}""", 400, 40002, "replicas_assignments")]
    public async Task Create_WhenTheRequestIsNotGood_CreatesNothing(string body, int status, int code, string word)
    {
        await service.ExpectErrorAsync(HttpMethod.Post, service.V3("/topics"), body, "application/json", status, code, word);
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3("/topics/bad"), "", null, 404, 40403, "bad");
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("é")]
    public Task Create_WhenTheNameIsIllegal_Is422(string name) =>
        service.ExpectErrorAsync(HttpMethod.Post, service.V3("/topics"), new JsonObject { ["topic_name"] = name }.ToJsonString(), "application/json", 422, 422);

    [Fact]
    public Task Create_WhenTheNameIsTooLong_Is422() =>
        service.ExpectErrorAsync(HttpMethod.Post, service.V3("/topics"), new JsonObject { ["topic_name"] = new string('x', 250) }.ToJsonString(), "application/json", 422, 422, "249");

    [Fact]
    public async Task Create_WhenTheNameIsTaken_Is400()
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, service.V3("/topics"), $$"""{"topic_name":"{{topic}}"}""", "application/json", 400, 40002, topic);
    }

    [Fact]
    public async Task Create_WhenTheNameDiffersOnlyInDotAndUnderscore_Is400()
    {
        using var created = await service.SendAsync(HttpMethod.Post, service.V3("/topics"), """{"topic_name":"a.name"}""");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        await service.ExpectErrorAsync(HttpMethod.Post, service.V3("/topics"), """{"topic_name":"a_name"}""", "application/json", 400, 40002, "a.name");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public Task Create_WhenTheBodyIsNoJsonByItsType_Is415(string? type) =>
        service.ExpectErrorAsync(HttpMethod.Post, service.V3("/topics"), """{"topic_name":"bad"}""", type, 415, 415, "application/json");

    [Fact]
    public async Task Grow_AddsPartitions()
    {
        var topic = await service.CreateTopicAsync(2);
        using var answer = await service.SendAsync(HttpMethod.Patch, service.V3($"/topics/{topic}"), """{"partitions_count":5}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(5, (int)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["partitions_count"]!);
        Assert.Equal(5, (await service.GetAsync($"/topics/{topic}/partitions")).AsArray().Count);
    }

    [Theory]
    [InlineData("""{"partitions_count":2}""", 400, 40002)]
    [InlineData("""{"partitions_count":1}""", 400, 40002)]
    [InlineData("{}", 400, 400)]
    [InlineData("", 422, 422)]
    [InlineData("""{"partitions_count":3,"more":1}""", 422, 422)]
    public async Task Grow_WhenItWouldNotGrow_IsRefused(string body, int status, int code)
    {
        var topic = await service.CreateTopicAsync(2);
        await service.ExpectErrorAsync(HttpMethod.Patch, service.V3($"/topics/{topic}"), body, "application/json", status, code);
        Assert.Equal(2, (int)(await service.GetAsync(service.V3($"/topics/{topic}")))["partitions_count"]!);
    }

    [Fact]
    public async Task Delete_RemovesTheTopic_AndTheNameIsFree()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1}]}""");
        using var deleted = await service.SendAsync(HttpMethod.Delete, service.V3($"/topics/{topic}"));
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await service.ExpectErrorAsync(HttpMethod.Delete, service.V3($"/topics/{topic}"), "", null, 404, 40403, topic);
        using var created = await service.SendAsync(HttpMethod.Post, service.V3("/topics"), $$"""{"topic_name":"{{topic}}"}""");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal(0, await service.EndAsync(topic));
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "/configs")]
    [InlineData("GET", "/configs/retention.ms")]
    [InlineData("GET", "/partitions")]
    [InlineData("GET", "/partitions/0")]
    [InlineData("GET", "/partitions/-/reassignment")]
    [InlineData("DELETE", "")]
    [InlineData("PATCH", "")]
    public Task Topic_WhenUnknown_Is404(string method, string path) => service.ExpectErrorAsync(
        new HttpMethod(method), service.V3("/topics/no-such-topic" + path), method == "PATCH" ? """{"partitions_count":9}""" : "", "application/json", 404, 40403, "no-such-topic");

    [Fact]
    public async Task Configs_HaveWhatWasSetAndTheDefaults()
    {
        var topic = await service.CreateTopicAsync(1, ("cleanup.policy", "compact"));
        var configs = (await service.GetAsync(service.V3($"/topics/{topic}/configs")))["data"]!.AsArray();
        var set = configs.Single(config => (string)config!["name"]! == "cleanup.policy")!;
        var byDefault = configs.Single(config => (string)config!["name"]! == "retention.ms")!;
        Assert.Equal(("compact", false, "DYNAMIC_TOPIC_CONFIG"), ((string)set["value"]!, (bool)set["is_default"]!, (string)set["source"]!));
        Assert.Equal(("604800000", true, "DEFAULT_CONFIG"), ((string)byDefault["value"]!, (bool)byDefault["is_default"]!, (string)byDefault["source"]!));
        Assert.Equal(["compact", "delete"], set["synonyms"]!.AsArray().Select(synonym => (string)synonym!["value"]!));
        Assert.Equal(set.ToJsonString(), (await service.GetAsync(service.V3($"/topics/{topic}/configs/cleanup.policy"))).ToJsonString());
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3($"/topics/{topic}/configs/no.such.config"), "", null, 404, 404, "no.such.config");
    }

    [Fact]
    public async Task Partitions_LinkToTheirLeader()
    {
        var topic = await service.CreateTopicAsync(2);
        var partitions = (await service.GetAsync(service.V3($"/topics/{topic}/partitions")))["data"]!.AsArray();
        Assert.Equal([0, 1], partitions.Select(partition => (int)partition!["partition_id"]!));
        Assert.Equal($"crn:///kafka={service.Cluster}/topic={topic}/partition=1", (string)partitions[1]!["metadata"]!["resource_name"]!);
        var leader = await service.GetAsync(new Uri((string)partitions[1]!["leader"]!["related"]!).PathAndQuery);
        Assert.Equal((1, true, true), ((int)leader["partition_id"]!, (bool)leader["is_leader"]!, (bool)leader["is_in_sync"]!));
        Assert.Single((await service.GetAsync(service.V3($"/topics/{topic}/partitions/1/replicas")))["data"]!.AsArray());
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3($"/topics/{topic}/partitions/2"), "", null, 404, 404, topic, "2");
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3($"/topics/{topic}/partitions/-1"), "", null, 404, 404, topic, "-1");
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3($"/topics/{topic}/partitions/0/replicas/1"), "", null, 404, 404, topic);
    }

    [Fact]
    public async Task Reassignments_AreNone()
    {
        var topic = await service.CreateTopicAsync();
        Assert.Empty((await service.GetAsync(service.V3($"/topics/{topic}/partitions/-/reassignment")))["data"]!.AsArray());
        Assert.Empty((await service.GetAsync(service.V3("/topics/-/partitions/-/reassignment")))["data"]!.AsArray());
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3($"/topics/{topic}/partitions/0/reassignment"), "", null, 404, 404, topic);
    }
}
