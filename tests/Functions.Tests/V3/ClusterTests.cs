using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V3;

[Collection(SharedService.Name)]
public sealed class ClusterTests(TestService service)
{
    [Theory]
    [InlineData("/v3")]
    [InlineData("/kafka/v3")]
    public async Task Clusters_IsTheOneCluster_WithLinksThatStayWhereTheClientCameFrom(string root)
    {
        var clusters = await service.GetAsync(root + "/clusters");
        var self = $"{service.Address}{root[1..]}/clusters";
        Assert.Equal(("KafkaClusterList", self, null), ((string)clusters["kind"]!, (string)clusters["metadata"]!["self"]!, (string?)clusters["metadata"]!["next"]));
        var cluster = Assert.Single(clusters["data"]!.AsArray())!;
        Assert.Equal(service.Cluster, (string)cluster["cluster_id"]!);
        Assert.Equal($"crn:///kafka={service.Cluster}", (string)cluster["metadata"]!["resource_name"]!);
        Assert.Equal($"{self}/{service.Cluster}/topics", (string)cluster["topics"]!["related"]!);
        Assert.Equal(cluster.ToJsonString(), (await service.GetAsync($"{root}/clusters/{service.Cluster}")).ToJsonString());
    }

    [Fact]
    public async Task Links_HonourTheProxyInFront()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/clusters");
        request.Headers.Authorization = new("Bearer", Security.SecureService.AdminKey);
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "log.example.org");
        using var answer = await service.Client.SendAsync(request);
        Assert.Equal("https://log.example.org/v3/clusters", (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["metadata"]!["self"]!);
    }

    [Fact]
    public async Task Brokers_IsTheOneAccount()
    {
        var brokers = await service.GetAsync(service.V3("/brokers"));
        var broker = Assert.Single(brokers["data"]!.AsArray())!;
        Assert.Equal(("KafkaBroker", 0), ((string)broker["kind"]!, (int)broker["broker_id"]!));
        Assert.Equal(broker.ToJsonString(), (await service.GetAsync(service.V3("/brokers/0"))).ToJsonString());
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3("/brokers/1"), "", null, 404, 404, "1");
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "/topics")]
    [InlineData("POST", "/topics")]
    [InlineData("GET", "/brokers")]
    [InlineData("POST", "/topics/t/records")]
    public Task Cluster_WhenItIsAnother_Is404(string method, string path) =>
        service.ExpectErrorAsync(new HttpMethod(method), "/v3/clusters/another" + path, """{"topic_name":"t"}""", "application/json", 404, 404, "another");

    [Fact]
    public async Task Answer_WhenTheClientDoesNotTakeJson_Is406()
    {
        using var answer = await service.SendAsync(HttpMethod.Get, "/v3/clusters", accept: "text/csv");
        await TestService.ExpectErrorAsync(answer, 406, 406, "application/json");
    }
}
