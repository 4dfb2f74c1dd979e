using ManagedLog.AzureStorage.Tests.Transport;
using ManagedLog.Engine.Backend;

namespace ManagedLog.AzureStorage.Tests.Tables;

/// <summary>Rows: what the emulator never answers, and how our requests look.</summary>
public sealed class RowMappingTests
{
    private const string Entity =
        """{"odata.metadata":"https://account.table.core.windows.net/$metadata#t/@Element","odata.etag":"W/\"datetime'2025-11-21T10%3A20%3A29.1234567Z'\"","PartitionKey":"p","RowKey":"r","Timestamp":"2025-11-21T10:20:29.1234567Z","n":1,"long@odata.type":"Edm.Int64","long":"9007199254740993","d":5.0,"flag":true}""";

    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly RowAddress Address = new("p", "r");
    private static readonly Dictionary<string, RowValue> Properties = new() { ["n"] = 1 };

    [Fact]
    public async Task ReadRow_AsTheServiceAnswersIt_HasTypesAndTimes()
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(200, Entity));

        var row = (await service.Backend.ReadRowAsync("t", Address, None)).Value;

        Assert.Equal((1, 9007199254740993L, 5.0, true), (row.Properties["n"].AsInt32(), row.Properties["long"].AsInt64(), row.Properties["d"].AsDouble(), row.Properties["flag"].AsBoolean()));
        Assert.Equal(4, row.Properties.Count);
        Assert.Equal("W/\"datetime'2025-11-21T10%3A20%3A29.1234567Z'\"", row.ETag.Value);
        Assert.Equal(new DateTimeOffset(2025, 11, 21, 10, 20, 29, TimeSpan.Zero).AddTicks(1234567), row.Timestamp);
        Assert.Equal(new DateTimeOffset(2025, 11, 21, 10, 20, 30, TimeSpan.Zero), row.ReadAt);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("{\"PartitionKey\":\"p\"}")]
    [InlineData("{\"odata.etag\":\"W/\\\"1\\\"\",\"PartitionKey\":\"p\",\"RowKey\":\"r\",\"Timestamp\":\"yesterday\"}")]
    public async Task ReadRow_WhenTheAnswerIsNoEntity_IsUnknown(string body)
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(200, body));

        Assert.Equal(OutcomeStatus.Unknown, (await service.Backend.ReadRowAsync("t", Address, None)).Status);
        Assert.Single(service.Requests);
    }

    [Theory]
    [InlineData(500, "OperationTimedOut", OutcomeStatus.Unknown)]
    [InlineData(503, "ServerBusy", OutcomeStatus.Throttled)]
    [InlineData(503, "", OutcomeStatus.Unknown)]
    [InlineData(404, "ResourceNotFound", OutcomeStatus.Missing)]
    [InlineData(404, "TableNotFound", OutcomeStatus.Missing)]
    public async Task EveryRowCall_WhenTheServiceFails_IsSentOnceAndAnswersWhatIsKnown(int status, string code, OutcomeStatus expected)
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(status, Error(code, "Said so.")));

        Assert.Equal(expected, (await service.Backend.ReadRowAsync("t", Address, None)).Status);
        Assert.Equal(expected, (await service.Backend.QueryRowsAsync("t", new RowQuery("p"), None)).Status);
        Assert.Equal(expected, (await service.Backend.CommitRowsAsync("t", new RowBatch("p").Merge("r", Properties, null), None)).Status);
        Assert.Equal(expected, (await service.Backend.CommitRowsAsync("t", new RowBatch("p").Merge("r", Properties, null).Delete("s", null), None)).Status);
        Assert.Equal(4, service.Requests.Count);
    }

    [Theory]
    [InlineData(400, "InvalidInput")]
    [InlineData(403, "AuthenticationFailed")]
    [InlineData(413, "RequestBodyTooLarge")]
    public async Task CommitRows_WhenTheServiceWillNever_Throws(int status, string code)
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(status, Error(code, "Said so.\nRequestId:1")));

        var refused = await Assert.ThrowsAsync<StorageRefusedException>(
            async () => await service.Backend.CommitRowsAsync("t", new RowBatch("p").Merge("r", Properties, null), None));

        Assert.Contains(code, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CommitRows_WhenNoAnswerComes_IsUnknownAfterTenSeconds()
    {
        using var service = new FakeService(ScriptedHandler.Silent());

        var commit = service.Backend.CommitRowsAsync("t", new RowBatch("p").Insert("r", Properties), None).AsTask();

        service.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(OutcomeStatus.Unknown, (await commit).Status);
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task CommitRows_OfOneOperation_IsOneSignedRequest()
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(204, "", null, ("ETag", "W/\"2\"")));

        var etags = (await service.Backend.CommitRowsAsync("t", new RowBatch("it's").Replace("a b", Properties, new ETag("W/\"1\"")), None)).Value;

        Assert.Equal([new ETag("W/\"2\"")], etags);
        var request = Assert.Single(service.Requests);
        Assert.Equal("PUT https://account.table.core.windows.net/t(PartitionKey='it%27%27s',RowKey='a%20b')", $"{request.Method} {request.Uri.AbsoluteUri}");
        Assert.Equal("W/\"1\"", request.Headers["If-Match"]);
        Assert.Equal("""{"PartitionKey":"it's","RowKey":"a b","n":1}""", request.BodyText);
        Assert.Equal("Tue, 01 Jan 2030 00:00:00 GMT", request.Headers["x-ms-date"]);
        Assert.StartsWith("SharedKeyLite account:", request.Headers["Authorization"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task QueryRows_WithAContinuation_SendsTheServicesValuesBack()
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(
            200, $$"""{"value":[{{Entity}}]}""", null, ("x-ms-continuation-NextPartitionKey", "1!4!cA--"), ("x-ms-continuation-NextRowKey", "1!8!c+=/&x")));

        var page = (await service.Backend.QueryRowsAsync("t", new RowQuery("it's", "a&b", "c", 10), None)).Value;
        await service.Backend.QueryRowsAsync("t", new RowQuery("it's", "a&b", "c", 10, page.Continuation), None);

        Assert.Equal(Address, Assert.Single(page.Rows).Address);
        Assert.Equal("?$filter=PartitionKey eq 'it''s' and RowKey ge 'a&b' and RowKey lt 'c'&$top=10", Uri.UnescapeDataString(service.Requests[0].Uri.Query));
        Assert.Contains("RowKey%20ge%20%27a%26b%27", service.Requests[0].Uri.Query, StringComparison.Ordinal);
        Assert.EndsWith("&NextPartitionKey=1%214%21cA--&NextRowKey=1%218%21c%2B%3D%2F%26x", service.Requests[1].Uri.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task QueryRows_WhenAPageHoldsNoRowsButGoesOn_SaysSo()
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(200, """{"value":[]}""", null, ("x-ms-continuation-NextPartitionKey", "only")));

        var page = (await service.Backend.QueryRowsAsync("t", new RowQuery("p"), None)).Value;

        Assert.Empty(page.Rows);
        Assert.Equal("only", page.Continuation);
    }

    private static string Error(string code, string message) =>
        "{\"odata.error\":{\"code\":\"" + code + "\",\"message\":{\"lang\":\"en-US\",\"value\":\"" + message.Replace("\n", "\\n", StringComparison.Ordinal) + "\"}}}";
}
