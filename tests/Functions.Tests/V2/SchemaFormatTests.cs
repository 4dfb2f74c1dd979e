using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V2;

[Collection(SharedService.Name)]
public sealed class SchemaFormatTests(TestService service)
{
    [Theory]
    [InlineData("avro", """{"records":[{"key":1,"value":2}]}""", 422, 42201, "key_schema")]
    [InlineData("avro", """{"key_schema_id":1,"records":[{"key":1},{"value":2}]}""", 422, 42202, "value_schema")]
    [InlineData("jsonschema", """{"value_schema":null,"records":[{"value":2}]}""", 422, 42202, "value_schema")]
    [InlineData("protobuf", """{"value_schema_id":7,"records":[{"value":2,"key":null}]}""", 422, 422, "registry")]
    [InlineData("avro", """{"records":[]}""", 422, 422, "records")]
    [InlineData("avro", "{}", 422, 422, "records")]
    [InlineData("avro", "", 422, 422, "empty")]
    [InlineData("avro", """{"records":{}}""", 400, 400, "array")]
    [InlineData("avro", """{"records":[1]}""", 400, 400, "array")]
    [InlineData("avro", "[]", 400, 400, "object")]
    [InlineData("avro", "{", 400, 400, "Malformed")]
    public async Task Produce_InASchemaFormat_IsRefusedAsClientsKnowIt(string format, string body, int status, int code, string word)
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topic}", body, $"application/vnd.kafka.{format}.v2+json", status, code, word);
        Assert.Equal(0, await service.EndAsync(topic));
    }
}
