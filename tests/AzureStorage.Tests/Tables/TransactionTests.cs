using ManagedLog.AzureStorage.Tests.Transport;
using ManagedLog.Engine.Backend;

namespace ManagedLog.AzureStorage.Tests.Tables;

/// <summary>Entity group transactions: the form of what is sent, and the answers, whose outside always says 202.</summary>
public sealed class TransactionTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly Dictionary<string, RowValue> Properties = new() { ["n"] = 1L };

    [Fact]
    public async Task CommitRows_OfSeveral_SendsEachAsAPartOfOneChangeSet()
    {
        using var service = new FakeService(() => Answer(Good("W/\"1\""), Good("W/\"2\""), Good(null)));
        var batch = new RowBatch("p").Insert("a", Properties).Merge("b'", Properties, new ETag("W/\"0\"")).Delete("c", null);

        var etags = (await service.Backend.CommitRowsAsync("t", batch, None)).Value;

        Assert.Equal([new ETag("W/\"1\""), new ETag("W/\"2\""), default], etags);
        var request = Assert.Single(service.Requests);
        Assert.Equal("POST https://account.table.core.windows.net/$batch", $"{request.Method} {request.Uri}");
        var boundary = request.Headers["Content-Type"]["multipart/mixed; boundary=".Length..];
        var changeSet = boundary.Replace("batch_", "changeset_", StringComparison.Ordinal);
        string[] lines =
        [
            $"--{boundary}", $"Content-Type: multipart/mixed; boundary={changeSet}", "",
            $"--{changeSet}", "Content-Type: application/http", "Content-Transfer-Encoding: binary", "",
            "POST https://account.table.core.windows.net/t HTTP/1.1", "Accept: application/json;odata=minimalmetadata", "DataServiceVersion: 3.0",
            "Prefer: return-no-content", "Content-Type: application/json", "", """{"PartitionKey":"p","RowKey":"a","n@odata.type":"Edm.Int64","n":"1"}""",
            $"--{changeSet}", "Content-Type: application/http", "Content-Transfer-Encoding: binary", "",
            "PATCH https://account.table.core.windows.net/t(PartitionKey='p',RowKey='b%27%27') HTTP/1.1", "Accept: application/json;odata=minimalmetadata", "DataServiceVersion: 3.0",
            "If-Match: W/\"0\"", "Content-Type: application/json", "", """{"PartitionKey":"p","RowKey":"b'","n@odata.type":"Edm.Int64","n":"1"}""",
            $"--{changeSet}", "Content-Type: application/http", "Content-Transfer-Encoding: binary", "",
            "DELETE https://account.table.core.windows.net/t(PartitionKey='p',RowKey='c') HTTP/1.1", "Accept: application/json;odata=minimalmetadata", "DataServiceVersion: 3.0",
            "If-Match: *", "", "",
            $"--{changeSet}--", $"--{boundary}--", "",
        ];
        Assert.Equal(lines, request.BodyText.Split("\r\n"));
    }

    [Theory]
    [InlineData("412 Precondition Failed", "UpdateConditionNotSatisfied", "1:The update condition specified in the request was not satisfied.", ConditionFailure.ETag, 1)]
    [InlineData("409 Conflict", "EntityAlreadyExists", "0:The specified entity already exists.", ConditionFailure.Exists, 0)]
    [InlineData("409 Conflict", "EntityAlreadyExists", "The specified entity already exists.", ConditionFailure.Exists, -1)]
    [InlineData("409 Conflict", "EntityAlreadyExists", "99:The specified entity already exists.", ConditionFailure.Exists, -1)]
    public async Task CommitRows_WhenAPartFailsItsCondition_NamesConditionAndOperation(string status, string code, string message, ConditionFailure failure, int operation)
    {
        using var service = new FakeService(() => Answer(Bad(status, code, message)));

        var outcome = await service.Backend.CommitRowsAsync("t", TwoRows, None);

        Assert.True(outcome.Failed(failure), outcome.ToString());
        Assert.Equal(operation, outcome.FailedOperation);
    }

    [Theory]
    [InlineData("404 Not Found", "ResourceNotFound", "1:The specified resource does not exist.", OutcomeStatus.Missing, 1)]
    [InlineData("404 Not Found", "TableNotFound", "0:The table specified does not exist.", OutcomeStatus.Missing, -1)]
    [InlineData("503 Service Unavailable", "ServerBusy", "0:The server is busy.", OutcomeStatus.Throttled, -1)]
    [InlineData("500 Internal Server Error", "OperationTimedOut", "0:The operation could not be completed within the permitted time.", OutcomeStatus.Unknown, -1)]
    public async Task CommitRows_WhenAPartFails_AnswersWhatIsKnown(string status, string code, string message, OutcomeStatus expected, int operation)
    {
        using var service = new FakeService(() => Answer(Bad(status, code, message)));

        var outcome = await service.Backend.CommitRowsAsync("t", TwoRows, None);

        Assert.Equal((expected, operation), (outcome.Status, outcome.FailedOperation));
    }

    [Fact]
    public async Task CommitRows_WhenAPartIsRefused_Throws()
    {
        using var service = new FakeService(() => Answer(Bad("400 Bad Request", "InvalidDuplicateRow", "1:A command with RowKey 'a' is already present in the batch.")));

        var refused = await Assert.ThrowsAsync<StorageRefusedException>(async () => await service.Backend.CommitRowsAsync("t", TwoRows, None));

        Assert.Contains("InvalidDuplicateRow", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CommitRows_WhenAPartIsMissing_IsUnknown() => await IsUnknown(() => Answer(Good("W/\"1\"")));

    [Fact]
    public async Task CommitRows_WhenAPartHasNoETag_IsUnknown() => await IsUnknown(() => Answer(Good("W/\"1\""), Good(null)));

    [Fact]
    public async Task CommitRows_WhenAPartHasNoStatus_IsUnknown() => await IsUnknown(() => Answer(Good("W/\"1\""), "Content-Type: application/http\r\n\r\nnonsense\r\n"));

    [Fact]
    public async Task CommitRows_WhenTheAnswerBreaksOffAnywhere_IsUnknown()
    {
        var whole = Body(Good("W/\"1\""), Good("W/\"2\""));
        var end = whole.IndexOf("--changesetresponse_1--", StringComparison.Ordinal);
        for (var length = 0; length <= end; length += 7)
        {
            var part = whole[..length];
            await IsUnknown(() => ScriptedHandler.Answer(202, part));
        }
    }

    [Theory]
    [InlineData("<html>Bad gateway</html>")]
    [InlineData("{}")]
    [InlineData("boundary=\r\n----\r\nHTTP/1.1 204 No Content\r\n")]
    [InlineData("boundary=x")]
    public async Task CommitRows_WhenTheAnswerIsSomethingElse_IsUnknown(string body) => await IsUnknown(() => ScriptedHandler.Answer(202, body));

    private static RowBatch TwoRows => new RowBatch("p").Insert("a", Properties).Insert("b", Properties);

    private static async Task IsUnknown(Func<HttpResponseMessage> answer)
    {
        using var service = new FakeService(answer);

        Assert.Equal(OutcomeStatus.Unknown, (await service.Backend.CommitRowsAsync("t", TwoRows, None)).Status);
        Assert.Single(service.Requests);
    }

    private static HttpResponseMessage Answer(params string[] parts) =>
        ScriptedHandler.Answer(202, Body(parts), null, ("Content-Type", "multipart/mixed; boundary=batchresponse_1"));

    private static string Body(params string[] parts) =>
        "--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_1\r\n\r\n"
        + string.Concat(parts.Select(part => $"--changesetresponse_1\r\n{part}\r\n"))
        + "--changesetresponse_1--\r\n--batchresponse_1--\r\n";

    private static string Good(string? etag) =>
        "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 204 No Content\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\nDataServiceVersion: 1.0;\r\n"
        + (etag is null ? "" : $"ETag: {etag}\r\n") + "\r\n";

    private static string Bad(string status, string code, string message) =>
        $"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 {status}\r\nDataServiceVersion: 3.0;\r\nContent-Type: application/json;odata=minimalmetadata;streaming=true;charset=utf-8\r\n\r\n"
        + "{\"odata.error\":{\"code\":\"" + code + "\",\"message\":{\"lang\":\"en-US\",\"value\":\"" + message + "\\nRequestId:1\\nTime:2025-11-21T10:20:30.1234567Z\"}}}"
        + "\r\n";
}
