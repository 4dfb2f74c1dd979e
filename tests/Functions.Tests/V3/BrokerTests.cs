using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V3;

[Collection(SharedService.Name)]
public sealed class BrokerTests(TestService service)
{
    [Fact]
    public async Task Configs_AreTheDefaultsOfTopics_UnderTheNamesOfBrokers()
    {
        var configs = await service.GetAsync(service.V3("/brokers/0/configs"));
        Assert.Equal("KafkaBrokerConfigList", (string)configs["kind"]!);
        var retention = configs["data"]!.AsArray().Single(config => (string)config!["name"]! == "log.retention.ms")!;
        Assert.Equal(
            ("604800000", 0, true, false, "DEFAULT_CONFIG"),
            ((string)retention["value"]!, (int)retention["broker_id"]!, (bool)retention["is_default"]!, (bool)retention["is_read_only"]!, (string)retention["source"]!));
        Assert.Equal(retention.ToJsonString(), (await service.GetAsync(service.V3("/brokers/0/configs/log.retention.ms"))).ToJsonString());
        Assert.Equal(configs["data"]!.ToJsonString(), (await service.GetAsync(service.V3("/brokers/-/configs")))["data"]!.ToJsonString());
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3("/brokers/0/configs/no.such"), "", null, 404, 404, "no.such");
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3("/brokers/1/configs"), "", null, 404, 404, "Broker 1");
    }

    [Fact]
    public async Task Broker_InMemory_HasNoPlace()
    {
        var broker = await service.GetAsync(service.V3("/brokers/0"));
        Assert.Equal("""{"host":null,"port":null,"rack":null}""", Place(broker));
        Assert.Equal(broker.ToJsonString(), Assert.Single((await service.GetAsync(service.V3("/brokers")))["data"]!.AsArray())!.ToJsonString());
    }

    [Fact]
    public async Task Broker_OfAnAccount_IsAtItsAddress_AndItsRackIsTheRegionThatIsConfigured()
    {
        var own = new TestService(new Uri("https://account.blob.core.windows.net/"), "--ManagedLog:Region", "westeurope");
        await own.InitializeAsync();
        Assert.Equal("""{"host":"account.blob.core.windows.net","port":443,"rack":"westeurope"}""", Place(await own.GetAsync(own.V3("/brokers/0"))));
        await own.DisposeAsync();
    }

    private static string Place(JsonNode broker)
    {
        var shown = broker.AsObject();
        return new JsonObject { ["host"] = shown["host"]?.DeepClone(), ["port"] = shown["port"]?.DeepClone(), ["rack"] = shown["rack"]?.DeepClone() }.ToJsonString();
    }

    [Fact]
    public async Task ClusterConfigs_AreNone()
    {
        var configs = await service.GetAsync(service.V3("/broker-configs"));
        Assert.Equal(("KafkaClusterConfigList", 0), ((string)configs["kind"]!, configs["data"]!.AsArray().Count));
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3("/broker-configs/log.retention.ms"), "", null, 404, 404, "log.retention.ms");
    }

    [Fact]
    public async Task PartitionReplicas_AreThoseOfEveryPartition()
    {
        var topic = await service.CreateTopicAsync(2);
        var replicas = await service.GetAsync(service.V3("/brokers/0/partition-replicas"));
        Assert.Equal("KafkaReplicaList", (string)replicas["kind"]!);
        var ofTopic = replicas["data"]!.AsArray().Where(replica => (string)replica!["topic_name"]! == topic).ToList();
        Assert.Equal([0, 1], ofTopic.Select(replica => (int)replica!["partition_id"]!));
        Assert.Equal((await service.GetAsync(service.V3($"/topics/{topic}/partitions/1/replicas/0"))).ToJsonString(), ofTopic[1]!.ToJsonString());
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3("/brokers/7/partition-replicas"), "", null, 404, 404, "7");
    }

    [Theory]
    [InlineData("GET", "/acls")]
    [InlineData("GET", "/acls?resource_type=TOPIC&principal=User:a")]
    [InlineData("POST", "/acls")]
    [InlineData("DELETE", "/acls")]
    [InlineData("POST", "/acls:batch")]
    public Task Acls_WhileSecurityIsOff_Are400(string method, string path) =>
        service.ExpectErrorAsync(new HttpMethod(method), service.V3(path), "{}", "application/json", 400, 40002, "no ACLs");

    [Fact]
    public async Task Operations_AreListedWhereTheyAreAskedFor()
    {
        var topic = await service.CreateTopicAsync();
        Assert.Empty((await service.GetAsync(service.V3($"/topics/{topic}")))["authorized_operations"]!.AsArray());
        var described = await service.GetAsync(service.V3($"/topics/{topic}?include_authorized_operations=true"));
        Assert.Contains("WRITE", described["authorized_operations"]!.AsArray().Select(operation => (string)operation!));
        var listed = (await service.GetAsync(service.V3("/topics?includeAuthorizedOperations=true")))["data"]!.AsArray();
        Assert.Equal(described.ToJsonString(), listed.Single(one => (string)one!["topic_name"]! == topic)!.ToJsonString());
    }

    [Fact]
    public async Task Offsets_OfAPartition_AreItsEnds()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1},{"value":2}]}""");
        var offsets = await service.GetAsync(service.V3($"/topics/{topic}/partitions/0/offset?offset_type=earliest_and_latest"));
        Assert.Equal(("KafkaPartitionWithOffsets", 0, 0L, 2L), ((string)offsets["kind"]!, (int)offsets["partition_id"]!, (long)offsets["earliest_offset"]!, (long)offsets["latest_offset"]!));
        Assert.Equal(offsets.ToJsonString(), (await service.GetAsync(service.V3($"/topics/{topic}/partitions/0/offset"))).ToJsonString());
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3($"/topics/{topic}/partitions/0/offset?offset_type=newest"), "", null, 400, 400, "newest");
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3($"/topics/{topic}/partitions/1/offset"), "", null, 404, 404, topic);
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3("/topics/no-such/partitions/0/offset"), "", null, 404, 40403, "no-such");
    }
}
