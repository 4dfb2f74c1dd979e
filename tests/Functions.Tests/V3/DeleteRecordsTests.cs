using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V3;

[Collection(SharedService.Name)]
public sealed class DeleteRecordsTests(TestService service)
{
    private async Task<string> ThreeRecordsAsync()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":0},{"value":1},{"value":2}]}""");
        return topic;
    }

    private Task<HttpResponseMessage> DeleteAsync(string topic, string body) =>
        service.SendAsync(HttpMethod.Post, service.V3($"/topics/{topic}/partitions/0/records:delete"), body);

    [Theory]
    [InlineData(2, 2)]
    [InlineData(-1, 3)]
    [InlineData(0, 0)]
    public async Task DeleteRecords_BeforeAnOffset_MovesTheLogStart(int before, int start)
    {
        var topic = await ThreeRecordsAsync();

        using var answer = await DeleteAsync(topic, $$"""{"before_offset":{{before}}}""");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(start, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["earliest_offset"]!.GetValue<int>());
        var offsets = await service.GetAsync($"/topics/{topic}/partitions/0/offsets");
        Assert.Equal((start, 3), (offsets["beginning_offset"]!.GetValue<int>(), offsets["end_offset"]!.GetValue<int>()));
        Assert.Equal(Enumerable.Range(start, 3 - start), (await service.FetchAsync(topic, query: "offset=earliest&timeout=0")).Select(record => record!["value"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Fetch_BelowTheLogStart_NamesTheValidRange()
    {
        var topic = await ThreeRecordsAsync();
        using var deleted = await DeleteAsync(topic, """{"before_offset":2}""");
        await service.ExpectErrorAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset=1", "", null, 416, 41601, "2 to 3");
    }

    [Theory]
    [InlineData("""{"before_offset":4}""", 416)]
    [InlineData("""{"before_offset":-2}""", 400)]
    [InlineData("{}", 400)]
    [InlineData("""{"before":1}""", 422)]
    public async Task DeleteRecords_WithABadOffset_IsRefusedAndDeletesNothing(string body, int status)
    {
        var topic = await ThreeRecordsAsync();
        using var answer = await DeleteAsync(topic, body);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(0, (await service.GetAsync($"/topics/{topic}/partitions/0/offsets"))["beginning_offset"]!.GetValue<int>());
    }
}
