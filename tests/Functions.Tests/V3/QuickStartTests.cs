using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V3;

/// <summary>
/// The requests of the quick start that comes with Confluent's REST proxy (README of confluentinc/kafka-rest, and "Use the REST API" of its documentation), with the same
/// headers and bodies, one after another.
/// </summary>
public sealed class QuickStartTests
{
    private readonly TestService _service = new();

    [Fact]
    public async Task QuickStart_OfV3_Works()
    {
        await _service.InitializeAsync();
        var cluster = (string)JsonNode.Parse(await SendAsync("GET", "/v3/clusters", 200))!["data"]![0]!["cluster_id"]!;
        var root = $"/v3/clusters/{cluster}/topics";
        await SendAsync("POST", root, 201, """{"topic_name":"jsontest"}""");
        await SendAsync("POST", root, 201, """{"topic_name":"hello","partitions_count":3,"configs":[{"name": "cleanup.policy","value": "compact"}]}""");
        Assert.Contains("jsontest", await SendAsync("GET", root, 200), StringComparison.Ordinal);
        Assert.Equal(3, (int)JsonNode.Parse(await SendAsync("GET", root + "/hello", 200))!["partitions_count"]!);

        var one = await SendAsync("POST", root + "/jsontest/records", 200, """{"value":{"type":"JSON","data":{"name":"testUser"}}}""");
        Assert.Equal((200, 0), ((int)JsonNode.Parse(one)!["error_code"]!, (int)JsonNode.Parse(one)!["offset"]!));
        var streamed = await SendAsync("POST", root + "/jsontest/records", 200, """
            {"key": {"type": "BINARY", "data": "Zm9vYmFy"}, "value": {"type": "JSON", "data": {"foo": "bar"}}, "timestamp": "2021-02-05T19:14:42Z"}
            {"partition_id": 0, "headers": [{"name": "Header-1", "value": "SGVhZGVyLTE="}], "value": {"type": "STRING", "data": "x"}}
            """);
        Assert.Equal([1, 2], streamed.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(report => (int)JsonNode.Parse(report)!["offset"]!));

        await SendAsync("PUT", root + "/hello/configs/cleanup.policy", 204, """{"value": "delete"}""");
        await SendAsync("POST", root + "/hello/configs:alter", 204, """{"data": [{"name": "cleanup.policy","operation": "DELETE"},{"name": "retention.ms","value": "3600000"}]}""");
        Assert.Contains("3600000", await SendAsync("GET", root + "/hello/configs/retention.ms", 200), StringComparison.Ordinal);
        await SendAsync("DELETE", root + "/hello", 204);
        await SendAsync("GET", root + "/hello", 404);
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task QuickStart_OfV2_Works()
    {
        await _service.InitializeAsync();
        await SendAsync("POST", _service.V3("/topics"), 201, """{"topic_name":"jsontest"}""");
        var produced = await SendAsync("POST", "/topics/jsontest", 200, """{"records":[{"value":{"name": "testUser"}}]}""", "application/vnd.kafka.json.v2+json", "application/vnd.kafka.v2+json");
        Assert.Equal(
            """{"offsets":[{"partition":0,"offset":0,"error_code":null,"error":null}],"key_schema_id":null,"value_schema_id":null}""", produced);
        Assert.Equal("""["jsontest"]""", await SendAsync("GET", "/topics", 200));
        Assert.Contains("\"partitions\":[{\"partition\":0,", await SendAsync("GET", "/topics/jsontest", 200), StringComparison.Ordinal);
        await SendAsync("GET", "/topics/jsontest/partitions", 200);
        await SendAsync("POST", "/topics/jsontest/partitions/0", 200, """{"records":[{"key":"a2V5","value":"Y29uZmx1ZW50"},{"value":"a2Fma2E="}]}""", "application/vnd.kafka.binary.v2+json");
        Assert.Equal("""{"brokers":[0]}""", await SendAsync("GET", "/brokers", 200));
        await _service.DisposeAsync();
    }

    private async Task<string> SendAsync(string method, string path, int status, string? body = null, string type = "application/json", string? accept = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.TryAddWithoutValidation("Accept", accept ?? "*/*");
        request.Headers.TryAddWithoutValidation("User-Agent", "curl/8.5.0");
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }

        using var answer = await _service.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((HttpStatusCode)status == answer.StatusCode, $"{method} {path}: {(int)answer.StatusCode} {text}");
        return text;
    }
}
