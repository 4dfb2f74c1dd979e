using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V3;

[Collection(SharedService.Name)]
public sealed class ConfigTests(TestService service)
{
    [Fact]
    public async Task Put_SetsTheValue_AndDeleteTakesItBack()
    {
        var topic = await service.CreateTopicAsync();
        var path = service.V3($"/topics/{topic}/configs/retention.ms");
        await ExpectDoneAsync(HttpMethod.Put, path, """{"value":"60000"}""");
        var set = await service.GetAsync(path);
        Assert.Equal(("60000", false, "DYNAMIC_TOPIC_CONFIG"), ((string)set["value"]!, (bool)set["is_default"]!, (string)set["source"]!));
        Assert.Equal(
            """[{"name":"retention.ms","value":"60000","source":"DYNAMIC_TOPIC_CONFIG"},{"name":"log.retention.ms","value":"604800000","source":"DEFAULT_CONFIG"}]""",
            set["synonyms"]!.ToJsonString());
        Assert.Equal("60000", (string)(await service.GetAsync($"/topics/{topic}"))["configs"]!["retention.ms"]!);

        await ExpectDoneAsync(HttpMethod.Delete, path, null);
        var reset = await service.GetAsync(path);
        Assert.Equal(("604800000", true, "DEFAULT_CONFIG"), ((string)reset["value"]!, (bool)reset["is_default"]!, (string)reset["source"]!));
        Assert.Single(reset["synonyms"]!.AsArray());
        await ExpectDoneAsync(HttpMethod.Delete, path, null);
    }

    [Theory]
    [InlineData("null", "604800000")]
    [InlineData("60000", "60000")]
    [InlineData("\" 060000 \"", "60000")]
    public async Task Put_TakesNullForTheDefault_AndNumbersForTheirText(string value, string stored)
    {
        var topic = await service.CreateTopicAsync(1, ("retention.ms", "1000"));
        await ExpectDoneAsync(HttpMethod.Put, service.V3($"/topics/{topic}/configs/retention.ms"), $$"""{"value":{{value}}}""");
        Assert.Equal(stored, await ValueAsync(topic, "retention.ms"));
    }

    [Theory]
    [InlineData("retention.ms", """{"value":"soon"}""", 400, 40002, "retention.ms")]
    [InlineData("retention.ms", "{}", 400, 400, "value")]
    [InlineData("retention.ms", """{"value":["1"]}""", 400, 400, "Malformed")]
    [InlineData("retention.ms", """{"value":"1","name":"x"}""", 422, 422, "name")]
    [InlineData("retention.ms", "", 422, 422, "empty")]
    [InlineData("retention.ms", "{", 400, 400, "Malformed")]
    [InlineData("min.insync.replicas", """{"value":"2"}""", 400, 40002, "replication factor")]
    [InlineData("no.such.config", """{"value":"1"}""", 404, 404, "no.such.config")]
    public async Task Put_WhenItIsNotGood_ChangesNothing(string name, string body, int status, int code, string word)
    {
        var topic = await service.CreateTopicAsync(1, ("retention.ms", "1000"));
        await service.ExpectErrorAsync(HttpMethod.Put, service.V3($"/topics/{topic}/configs/{name}"), body, "application/json", status, code, word);
        Assert.Equal("1000", await ValueAsync(topic, "retention.ms"));
    }

    [Fact]
    public async Task Change_WhenTopicOrConfigOrTypeIsWrong_IsRefused()
    {
        var topic = await service.CreateTopicAsync();
        const string value = """{"value":"1"}""";
        await service.ExpectErrorAsync(HttpMethod.Put, service.V3("/topics/no-such/configs/retention.ms"), value, "application/json", 404, 40403, "no-such");
        await service.ExpectErrorAsync(HttpMethod.Delete, service.V3("/topics/no-such/configs/retention.ms"), "", null, 404, 40403, "no-such");
        await service.ExpectErrorAsync(HttpMethod.Delete, service.V3($"/topics/{topic}/configs/no.such"), "", null, 404, 404, "no.such");
        await service.ExpectErrorAsync(HttpMethod.Put, service.V3($"/topics/{topic}/configs/retention.ms"), value, "text/plain", 415, 415, "application/json");
        await service.ExpectErrorAsync(HttpMethod.Put, service.V3($"/topics/{topic}/configs/retention.ms"), value, "application/vnd.kafka.v2+json", 415, 415, "application/json");
        await service.ExpectErrorAsync(HttpMethod.Put, $"/v3/clusters/another/topics/{topic}/configs/retention.ms", value, "application/json", 404, 404, "another");
        await service.ExpectErrorAsync(HttpMethod.Post, service.V3("/topics/no-such/configs:alter"), """{"data":[]}""", "application/json", 404, 40403, "no-such");
    }

    [Fact]
    public async Task Alter_SetsAndDeletesTogether()
    {
        var topic = await service.CreateTopicAsync(1, ("linger.ms", "9"));
        await ExpectDoneAsync(HttpMethod.Post, service.V3($"/topics/{topic}/configs:alter"), """
            {"data":[{"name":"retention.ms","value":"1"},{"name":"linger.ms","operation":"DELETE"},{"name":"segment.ms","value":"7","operation":"SET"},{"name":"segment.bytes","value":null}]}
            """);
        Assert.Equal(("1", "5", "7"), (await ValueAsync(topic, "retention.ms"), await ValueAsync(topic, "linger.ms"), await ValueAsync(topic, "segment.ms")));
    }

    [Theory]
    [InlineData("""{"data":[{"name":"retention.ms","value":"1"},{"name":"linger.ms","value":"x"}]}""", 400, 40002, "linger.ms")]
    [InlineData("""{"data":[{"name":"retention.ms","value":"1"},{"name":"no.such","value":"x"}]}""", 404, 404, "no.such")]
    [InlineData("""{"data":[{"name":"retention.ms","value":"1"},{"name":"retention.ms","value":"2"}]}""", 400, 40002, "twice")]
    [InlineData("""{"data":[{"name":"retention.ms"}]}""", 400, 400, "DELETE")]
    [InlineData("""{"data":[{"name":"retention.ms","value":"1","operation":"APPEND"}]}""", 400, 400, "SET or DELETE")]
    [InlineData("""{"data":[{"value":"1"}]}""", 400, 400, "name")]
    [InlineData("""{"data":[null]}""", 400, 400, "name")]
    [InlineData("""{"data":[{"name":"retention.ms","value":"1","more":1}]}""", 422, 422, "more")]
    [InlineData("""{"data":[],"more":1}""", 422, 422, "more")]
    [InlineData("{}", 400, 400, "data")]
    [InlineData("", 422, 422, "empty")]
    public async Task Alter_WhenOneOfThemIsNotGood_ChangesNone(string body, int status, int code, string word)
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, service.V3($"/topics/{topic}/configs:alter"), body, "application/json", status, code, word);
        Assert.Equal("604800000", await ValueAsync(topic, "retention.ms"));
    }

    [Fact]
    public async Task Alter_WhenOnlyValidated_ChangesNothing()
    {
        var topic = await service.CreateTopicAsync();
        var path = service.V3($"/topics/{topic}/configs:alter");
        await ExpectDoneAsync(HttpMethod.Post, path, """{"data":[{"name":"retention.ms","value":"1"}],"validate_only":true}""");
        await service.ExpectErrorAsync(
            HttpMethod.Post, path, """{"data":[{"name":"retention.ms","value":"x"}],"validate_only":true}""", "application/json", 400, 40002, "retention.ms");
        Assert.Equal("604800000", await ValueAsync(topic, "retention.ms"));
    }

    [Fact]
    public async Task AlterOfSeveral_ChangesEach_AndNamesThoseThatFailed()
    {
        var one = await service.CreateTopicAsync();
        var two = await service.CreateTopicAsync();
        var path = service.V3("/topics/-/configs:alter");
        string Body(string first, string second, string more = "") => $$"""
            {"data":[{"topic_name":"{{one}}","configs":[{"name":"retention.ms","value":"{{first}}"}]},{"topic_name":"{{two}}","configs":[{"name":"retention.ms","value":"{{second}}"}]}]{{more}}}
            """;

        await ExpectDoneAsync(HttpMethod.Post, path, Body("1", "2", ",\"validate_only\":true"));
        Assert.Equal("604800000", await ValueAsync(one, "retention.ms"));
        await ExpectDoneAsync(HttpMethod.Post, path, Body("1", "2"));
        Assert.Equal(("1", "2"), (await ValueAsync(one, "retention.ms"), await ValueAsync(two, "retention.ms")));

        using var answer = await service.SendAsync(HttpMethod.Post, path, Body("x", "3"));
        Assert.Equal(HttpStatusCode.MultiStatus, answer.StatusCode);
        var failure = Assert.Single(JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["failures"]!.AsArray())!;
        Assert.Equal((one, 40002), ((string)failure["topic_name"]!, (int)failure["error_code"]!));
        Assert.Contains("retention.ms", (string)failure["message"]!, StringComparison.Ordinal);
        Assert.Equal(("1", "3"), (await ValueAsync(one, "retention.ms"), await ValueAsync(two, "retention.ms")));
    }

    [Theory]
    [InlineData("""{"topic_name":"no-such","configs":[]}""", 404, 40403, "no-such")]
    [InlineData("""{"topic_name":"TOPIC","configs":[]}""", 400, 40002, "twice")]
    [InlineData("""{"configs":[]}""", 400, 400, "topic_name")]
    [InlineData("""{"topic_name":"no-such"}""", 400, 400, "configs")]
    [InlineData("""{"topic_name":"no-such","configs":[],"more":1}""", 422, 422, "more")]
    public async Task AlterOfSeveral_WhenOneIsNotThereOrNotGood_ChangesNone(string second, int status, int code, string word)
    {
        var topic = await service.CreateTopicAsync();
        var body = $$"""{"data":[{"topic_name":"{{topic}}","configs":[{"name":"retention.ms","value":"1"}]},{{second.Replace("TOPIC", topic, StringComparison.Ordinal)}}]}""";
        await service.ExpectErrorAsync(HttpMethod.Post, service.V3("/topics/-/configs:alter"), body, "application/json", status, code, word);
        Assert.Equal("604800000", await ValueAsync(topic, "retention.ms"));
    }

    [Fact]
    public async Task ConfigsOfAllTopics_AreThoseOfEach()
    {
        var topic = await service.CreateTopicAsync(1, ("retention.ms", "77"));
        var all = await service.GetAsync(service.V3("/topics/-/configs"));
        Assert.Equal("KafkaTopicConfigList", (string)all["kind"]!);
        var ofTopic = all["data"]!.AsArray().Where(config => (string)config!["topic_name"]! == topic).Select(config => config!.ToJsonString());
        Assert.Equal((await service.GetAsync(service.V3($"/topics/{topic}/configs")))["data"]!.AsArray().Select(config => config!.ToJsonString()), ofTopic);
    }

    private async Task<string> ValueAsync(string topic, string name) => (string)(await service.GetAsync(service.V3($"/topics/{topic}/configs/{name}")))["value"]!;

    private async Task ExpectDoneAsync(HttpMethod method, string path, string? body)
    {
        using var answer = await service.SendAsync(method, path, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.NoContent, $"{(int)answer.StatusCode} {text}");
        Assert.Empty(text);
    }
}
