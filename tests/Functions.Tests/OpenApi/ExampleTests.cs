using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Api.OpenApi;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.OpenApi;

/// <summary>The examples of the description are sent, in its order and with what comes last at the end, and each answer is held against the description.</summary>
public sealed class ExampleTests
{
    private const string Last = "deleteKafkaTopic";

    /// <summary>What stands in the examples for what only the service knows.</summary>
    private const string ExampleEpoch = "\"member_epoch\": 1,";

    private string _epoch = ExampleEpoch;

    [Fact]
    public async Task Examples_AreAnsweredAsTheyAreDescribed()
    {
        var service = new TestService();
        await service.InitializeAsync();
        var document = await service.GetAsync("/openapi/v1.json");
        var check = new SchemaCheck(document);
        foreach (var operation in Operations.All.OrderBy(operation => operation.Id == Last))
        {
            var described = document["paths"]![operation.Path]![operation.Method.ToLowerInvariant()]!;
            if (operation.Bodies.Count == 0)
            {
                foreach (var accept in operation.Answers.Select(answer => answer.MediaType).Distinct().DefaultIfEmpty())
                    await SendAsync(service, check, operation, described, null, accept);
            }

            foreach (var body in operation.Bodies.Where(body => body.Example is not null))
            {
                if (body.Schema is { } schema)
                    AssertConforms(check, JsonNode.Parse(body.Example!), SchemaForm.Ref(schema), $"example of {operation.Id}");
                foreach (var accept in operation.Answers.Select(answer => answer.MediaType).Distinct().DefaultIfEmpty())
                    await SendAsync(service, check, operation, described, body, accept);
            }
        }

        await service.DisposeAsync();
    }

    [Fact]
    public async Task Errors_AreAnsweredAsTheyAreDescribed()
    {
        var service = new TestService();
        await service.InitializeAsync();
        var check = new SchemaCheck(await service.GetAsync("/openapi/v1.json"));
        foreach (var operation in Operations.All.Where(operation => operation.Path.Contains("{topic}", StringComparison.Ordinal)))
        {
            // There is no topic yet.
            var body = operation.Bodies.Count > 0 ? operation.Bodies[0] : null;
            var accept = operation.Answers.Count > 0 ? operation.Answers[0].MediaType : null;
            using var answer = await service.SendAsync(
                new HttpMethod(operation.Method), OpenApiDocument.ExampleOf(operation, service.Cluster), body?.Example, body?.MediaType, accept);
            var text = await answer.Content.ReadAsStringAsync();
            if ((int)answer.StatusCode is 200 or 207)
            {
                // Whose records fail one by one.
                Assert.Contains("40403", text, StringComparison.Ordinal);
                continue;
            }

            Assert.True((int)answer.StatusCode == 404, $"{operation.Id}: {(int)answer.StatusCode} {text}");
            Assert.Contains(404, operation.Errors);
            AssertConforms(check, JsonNode.Parse(text), SchemaForm.Ref("Error"), operation.Id);
        }

        await service.DisposeAsync();
    }

    private async Task SendAsync(TestService service, SchemaCheck check, Operation operation, JsonNode described, BodyForm? body, string? accept)
    {
        var path = OpenApiDocument.ExampleOf(operation, service.Cluster);
        if (accept == "application/vnd.managedlog.recordbatch")
            path = path.Replace("&count=10", "", StringComparison.Ordinal);
        using var answer = await service.SendAsync(new HttpMethod(operation.Method), path, body?.Example?.Replace(ExampleEpoch, _epoch, StringComparison.Ordinal), body?.MediaType, MediaTypeHeaderValue.TryParse(accept, out var type) ? type.MediaType : null);
        var text = await answer.Content.ReadAsStringAsync();
        if (operation.Id == "joinConsumerGroup" && answer.IsSuccessStatusCode)
            _epoch = $"\"member_epoch\": {JsonNode.Parse(text)!["member_epoch"]},";
        var status = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
        var where = $"{operation.Method} {path} ({accept}): {status} {text}";
        var expected = operation.Answers.Count > 0 ? operation.Answers.Select(one => one.Status) : operation.Errors;
        // No key has the prefix of the example: nobody can know one.
        if (operation.Id == "revokeApiKey")
            expected = operation.Errors;
        Assert.True(expected.Contains((int)answer.StatusCode), where);
        if (described["responses"]![status]!["content"] is not JsonObject content)
        {
            Assert.True(text.Length == 0, where);
            return;
        }

        var media = content.FirstOrDefault(one => MediaTypeHeaderValue.Parse(one.Key).MediaType == answer.Content.Headers.ContentType?.MediaType);
        Assert.True(media.Value is not null, $"{where}: {answer.Content.Headers.ContentType} is not described");
        // Lines are no more than the records, and an answer before may have given all of them.
        Assert.True(text.Length > 0 || (operation.Id == "pollRecords" && media.Key == "application/x-ndjson"), where);
        if (answer.Content.Headers.ContentType!.MediaType!.EndsWith("json", StringComparison.Ordinal) && media.Value["schema"]!["$ref"] is not null)
            AssertConforms(check, JsonNode.Parse(text), media.Value["schema"]!.AsObject(), where);
    }

    private static void AssertConforms(SchemaCheck check, JsonNode? value, JsonObject schema, string where)
    {
        var defect = check.FindDefect(value, schema);
        Assert.True(defect is null, $"{where}: {defect}");
    }
}
