using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V3;

/// <summary>Defaults of all topics. Each test has a service of its own, because they are everybody's.</summary>
public sealed class BrokerConfigTests : IAsyncLifetime
{
    private readonly TestService _service = new();

    public Task InitializeAsync() => _service.InitializeAsync();

    public Task DisposeAsync() => _service.DisposeAsync();

    [Theory]
    [InlineData("/broker-configs/log.retention.ms")]
    [InlineData("/brokers/0/configs/log.retention.ms")]
    public async Task Put_SetsItForAllTopicsThatDoNot_AndDeleteTakesItBack(string path)
    {
        var inherits = await _service.CreateTopicAsync();
        var own = await _service.CreateTopicAsync(1, ("retention.ms", "5000"));

        await ExpectDoneAsync(HttpMethod.Put, path, """{"value":"60000"}""");

        var inherited = await _service.GetAsync(_service.V3($"/topics/{inherits}/configs/retention.ms"));
        Assert.Equal(("60000", false, "DYNAMIC_DEFAULT_BROKER_CONFIG"), Shown(inherited));
        Assert.Equal(
            """
            [{"name":"log.retention.ms","value":"60000","source":"DYNAMIC_DEFAULT_BROKER_CONFIG"},{"name":"log.retention.ms","value":"604800000","source":"DEFAULT_CONFIG"}]
            """.Trim(),
            inherited["synonyms"]!.ToJsonString());
        var set = await _service.GetAsync(_service.V3($"/topics/{own}/configs/retention.ms"));
        Assert.Equal(("5000", false, "DYNAMIC_TOPIC_CONFIG"), Shown(set));
        Assert.Equal(
            [("retention.ms", "5000", "DYNAMIC_TOPIC_CONFIG"), ("log.retention.ms", "60000", "DYNAMIC_DEFAULT_BROKER_CONFIG"), ("log.retention.ms", "604800000", "DEFAULT_CONFIG")],
            set["synonyms"]!.AsArray().Select(one => ((string)one!["name"]!, (string)one["value"]!, (string)one["source"]!)));
        Assert.Equal("60000", (string)(await _service.GetAsync($"/topics/{inherits}"))["configs"]!["retention.ms"]!);
        Assert.Equal("60000", (string)(await _service.GetAsync(_service.V3($"/insight/topics/{inherits}")))["configs"]!["retention.ms"]!);

        await ExpectDoneAsync(HttpMethod.Delete, path, null);
        Assert.Equal(("604800000", true, "DEFAULT_CONFIG"), Shown(await _service.GetAsync(_service.V3($"/topics/{inherits}/configs/retention.ms"))));
        await ExpectDoneAsync(HttpMethod.Delete, path, null);
    }

    [Fact]
    public async Task Get_ShowsWhatWasSet_OfTheBrokerAndOfTheCluster()
    {
        await ExpectDoneAsync(HttpMethod.Put, "/broker-configs/message.max.bytes", """{"value":2097152}""");

        var ofCluster = await _service.GetAsync(_service.V3("/broker-configs/message.max.bytes"));
        Assert.Equal(("KafkaClusterConfig", "BROKER", _service.Cluster), ((string)ofCluster["kind"]!, (string)ofCluster["config_type"]!, (string)ofCluster["cluster_id"]!));
        Assert.Equal(("2097152", false, "DYNAMIC_DEFAULT_BROKER_CONFIG"), Shown(ofCluster));
        Assert.False((bool)ofCluster["is_read_only"]!);
        Assert.Equal(
            [("message.max.bytes", "2097152", "DYNAMIC_DEFAULT_BROKER_CONFIG"), ("message.max.bytes", "1048576", "DEFAULT_CONFIG")],
            ofCluster["synonyms"]!.AsArray().Select(one => ((string)one!["name"]!, (string)one["value"]!, (string)one["source"]!)));
        Assert.EndsWith("/broker-configs/message.max.bytes", (string)ofCluster["metadata"]!["self"]!, StringComparison.Ordinal);
        Assert.Equal(ofCluster.ToJsonString(), Assert.Single((await _service.GetAsync(_service.V3("/broker-configs")))["data"]!.AsArray())!.ToJsonString());

        var ofBroker = await _service.GetAsync(_service.V3("/brokers/0/configs/message.max.bytes"));
        Assert.Equal(("2097152", false, "DYNAMIC_DEFAULT_BROKER_CONFIG"), Shown(ofBroker));
        Assert.Equal("KafkaBrokerConfig", (string)ofBroker["kind"]!);
    }

    [Fact]
    public async Task Alter_SetsAndDeletesTogether_AndWhenOnlyValidatedNothing()
    {
        await ExpectDoneAsync(HttpMethod.Put, "/broker-configs/linger.ms", """{"value":"9"}""");
        const string changes = """{"data":[{"name":"log.retention.ms","value":"1"},{"name":"linger.ms","operation":"DELETE"},{"name":"log.roll.ms","value":"7","operation":"SET"}]""";

        await ExpectDoneAsync(HttpMethod.Post, "/broker-configs:alter", changes + ""","validate_only":true}""");
        Assert.Equal("linger.ms=9", await SetAsync());
        await ExpectDoneAsync(HttpMethod.Post, "/broker-configs:alter", changes + "}");
        Assert.Equal("log.retention.ms=1 log.roll.ms=7", await SetAsync());
        await ExpectDoneAsync(HttpMethod.Post, "/brokers/0/configs:alter", """{"data":[{"name":"log.retention.ms","value":null}]}""");
        Assert.Equal("log.roll.ms=7", await SetAsync());
    }

    [Theory]
    [InlineData("PUT", "/broker-configs/no.such", """{"value":"1"}""", 404, 404, "no.such")]
    [InlineData("PUT", "/broker-configs/retention.ms", """{"value":"1"}""", 404, 404, "log.retention.ms")]
    [InlineData("GET", "/broker-configs/log.roll.ms", null, 404, 404, "log.roll.ms")]
    [InlineData("DELETE", "/broker-configs/no.such", null, 404, 404, "no.such")]
    [InlineData("PUT", "/brokers/0/configs/no.such", """{"value":"1"}""", 404, 404, "no.such")]
    [InlineData("PUT", "/brokers/1/configs/log.roll.ms", """{"value":"1"}""", 404, 404, "Broker 1")]
    [InlineData("DELETE", "/brokers/1/configs/log.roll.ms", null, 404, 404, "Broker 1")]
    [InlineData("POST", "/brokers/1/configs:alter", """{"data":[]}""", 404, 404, "Broker 1")]
    [InlineData("PUT", "/broker-configs/num.partitions", """{"value":"3"}""", 400, 40002, "read only")]
    [InlineData("PUT", "/broker-configs/log.roll.ms", """{"value":"soon"}""", 400, 40002, "soon")]
    [InlineData("PUT", "/broker-configs/min.insync.replicas", """{"value":"2"}""", 400, 40002, "replication factor")]
    [InlineData("PUT", "/broker-configs/log.roll.ms", "{}", 400, 400, "value")]
    [InlineData("PUT", "/broker-configs/log.roll.ms", "", 422, 422, "empty")]
    [InlineData("POST", "/broker-configs:alter", """{"data":[{"name":"log.roll.ms","value":"1"},{"name":"no.such","value":"1"}]}""", 404, 404, "no.such")]
    [InlineData("POST", "/broker-configs:alter", """{"data":[{"name":"log.roll.ms","value":"1"},{"name":"linger.ms","value":"x"}]}""", 400, 40002, "linger.ms")]
    [InlineData("POST", "/broker-configs:alter", """{"data":[{"name":"log.roll.ms","value":"1"},{"name":"log.roll.ms","value":"2"}]}""", 400, 40002, "twice")]
    [InlineData("POST", "/broker-configs:alter", """{"data":[],"more":1}""", 422, 422, "more")]
    [InlineData("POST", "/broker-configs:alter", "{}", 400, 400, "data")]
    public async Task Change_WhenItIsNotGood_ChangesNothing(string method, string path, string? body, int status, int code, string word)
    {
        await ExpectDoneAsync(HttpMethod.Put, "/broker-configs/log.retention.ms", """{"value":"77"}""");
        await _service.ExpectErrorAsync(new HttpMethod(method), _service.V3(path), body, body is null ? null : "application/json", status, code, word);
        Assert.Equal("log.retention.ms=77", await SetAsync());
    }

    [Fact]
    public async Task Change_WhenClusterOrTypeIsWrong_IsRefused()
    {
        const string value = """{"value":"1"}""";
        await _service.ExpectErrorAsync(HttpMethod.Put, "/v3/clusters/another/broker-configs/log.roll.ms", value, "application/json", 404, 404, "another");
        await _service.ExpectErrorAsync(HttpMethod.Put, _service.V3("/broker-configs/log.roll.ms"), value, "text/plain", 415, 415, "application/json");
        Assert.Equal("", await SetAsync());
    }

    private static (string Value, bool IsDefault, string Source) Shown(JsonNode config) => ((string)config["value"]!, (bool)config["is_default"]!, (string)config["source"]!);

    private async Task<string> SetAsync()
    {
        var data = (await _service.GetAsync(_service.V3("/broker-configs")))["data"]!.AsArray();
        return string.Join(' ', data.Select(config => $"{config!["name"]}={config["value"]}"));
    }

    private async Task ExpectDoneAsync(HttpMethod method, string path, string? body)
    {
        using var answer = await _service.SendAsync(method, _service.V3(path), body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.NoContent, $"{(int)answer.StatusCode} {text}");
        Assert.Empty(text);
    }
}
