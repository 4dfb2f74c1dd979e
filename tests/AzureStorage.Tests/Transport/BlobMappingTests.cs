using ManagedLog.Engine.Backend;

namespace ManagedLog.AzureStorage.Tests.Transport;

/// <summary>What the emulator never answers to blob calls, but the service, a proxy or a broken connection may.</summary>
public sealed class BlobMappingTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(500, "InternalError", OutcomeStatus.Unknown)]
    [InlineData(500, "OperationTimedOut", OutcomeStatus.Unknown)]
    [InlineData(502, null, OutcomeStatus.Unknown)]
    [InlineData(503, "ServerBusy", OutcomeStatus.Throttled)]
    [InlineData(503, null, OutcomeStatus.Unknown)]
    [InlineData(504, null, OutcomeStatus.Unknown)]
    [InlineData(408, null, OutcomeStatus.Unknown)]
    [InlineData(429, null, OutcomeStatus.Throttled)]
    [InlineData(404, "BlobNotFound", OutcomeStatus.Missing)]
    [InlineData(404, "ContainerNotFound", OutcomeStatus.Missing)]
    public async Task Append_WhenTheServiceFails_IsSentOnceAndAnswersWhatIsKnown(int status, string? code, OutcomeStatus expected)
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(status, "", code));

        var outcome = await service.Backend.AppendAsync("a", 7, new byte[3], None);

        Assert.Equal(expected, outcome.Status);
        Assert.Single(service.Requests);
    }

    [Theory]
    [InlineData(412, "AppendPositionConditionNotMet", ConditionFailure.AppendPosition)]
    [InlineData(409, "BlockCountExceedsLimit", ConditionFailure.BlockCount)]
    [InlineData(412, "LeaseIdMissing", ConditionFailure.Lease)]
    [InlineData(412, "LeaseIdMismatchWithBlobOperation", ConditionFailure.Lease)]
    public async Task Append_WhenAConditionFails_NamesIt(int status, string code, ConditionFailure expected)
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(status, "", code));

        var outcome = await service.Backend.AppendAsync("a", 7, new byte[3], None);

        Assert.True(outcome.Failed(expected), outcome.ToString());
        Assert.Single(service.Requests);
    }

    [Theory]
    [InlineData(400, "InvalidHeaderValue")]
    [InlineData(401, "InvalidAuthenticationInfo")]
    [InlineData(403, "AuthenticationFailed")]
    [InlineData(409, "InvalidBlobType")]
    [InlineData(412, "SourceConditionNotMet")]
    [InlineData(413, "RequestBodyTooLarge")]
    public async Task Append_WhenTheServiceWillNever_ThrowsWithoutSecrets(int status, string code)
    {
        const string Detail = "The MAC signature found in the HTTP request 'SIGNATURE' is not the same as any computed signature.";
        using var service = new FakeService(() => ScriptedHandler.Answer(
            status, $"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>Said so.\nRequestId:1</Message><AuthenticationErrorDetail>{Detail}</AuthenticationErrorDetail></Error>", code, ("Content-Type", "application/xml")));

        var refused = await Assert.ThrowsAsync<StorageRefusedException>(async () => await service.Backend.AppendAsync("a", 7, new byte[3], None));

        Assert.Contains(code, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SIGNATURE", refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(FakeService.AccountKey, refused.ToString(), StringComparison.Ordinal);
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task Append_SendsThePositionConditionAndAnswersTheOffsetsEnd()
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(
            201, "", null, ("x-ms-blob-append-offset", "7"), ("x-ms-blob-committed-block-count", "1"), ("ETag", "\"0x1\""), ("Last-Modified", "Fri, 21 Nov 2025 10:20:30 GMT")));

        var outcome = await service.Backend.AppendAsync("a/b", 7, "abc"u8.ToArray(), None);

        Assert.Equal(10, outcome.Value);
        var request = Assert.Single(service.Requests);
        Assert.Equal("PUT https://account.blob.core.windows.net/logs/a/b?comp=appendblock", $"{request.Method} {request.Uri}");
        Assert.Equal("7", request.Headers["x-ms-blob-condition-appendpos"]);
        Assert.Equal("abc", request.BodyText);
        Assert.False(request.Headers.ContainsKey("Expect"));
    }

    [Fact]
    public async Task Append_WhenTheConnectionIsResetAfterSending_IsUnknownAndNotSentAgain()
    {
        using var service = new FakeService(new ScriptedHandler((_, _) => throw new HttpRequestException("Connection reset by peer.", new IOException("reset"))));

        var outcome = await service.Backend.AppendAsync("a", 0, new byte[3], None);

        Assert.Equal(OutcomeStatus.Unknown, outcome.Status);
        Assert.Equal(3, Assert.Single(service.Requests).Body.Length);
    }

    [Fact]
    public async Task Append_WhenNoAnswerComes_IsUnknownAfterItsTimeOnly()
    {
        using var service = new FakeService(ScriptedHandler.Silent());

        var append = service.Backend.AppendAsync("a", 0, new byte[3], None).AsTask();

        service.Time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        Assert.False(append.IsCompleted);
        service.Time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(OutcomeStatus.Unknown, (await append).Status);
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task ReadRange_WhenNoAnswerComes_IsUnknownAfterTenSeconds()
    {
        using var service = new FakeService(ScriptedHandler.Silent());

        var read = service.Backend.ReadRangeAsync("a", 0, 10, None).AsTask();

        service.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(OutcomeStatus.Unknown, (await read).Status);
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task Append_WhenTheCallerGivesUp_Throws()
    {
        using var service = new FakeService(ScriptedHandler.Silent());
        using var cancellation = new CancellationTokenSource();

        var append = service.Backend.AppendAsync("a", 0, new byte[3], cancellation.Token).AsTask();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => append);
    }

    [Theory]
    [InlineData("bytes */5", 5)]
    [InlineData("bytes */0", 0)]
    public async Task ReadRange_BeyondTheEnd_IsEmptyAndKnowsTheLength(string contentRange, long length)
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(416, "", "InvalidRange", ("Content-Range", contentRange)));

        var range = (await service.Backend.ReadRangeAsync("a", 5, 10, None)).Value;

        Assert.Equal((0, length), (range.Content.Length, range.BlobLength));
    }

    [Fact]
    public async Task ReadRange_BeyondTheEndWithoutTheLength_IsUnknown()
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(416, "", "InvalidRange"));

        Assert.Equal(OutcomeStatus.Unknown, (await service.Backend.ReadRangeAsync("a", 5, 10, None)).Status);
    }

    [Fact]
    public async Task ReadRange_OfOneAnswer_HasItsBytesAndTheTotal()
    {
        using var service = new FakeService(() => Download("34567", "bytes 3-7/100"));

        var range = (await service.Backend.ReadRangeAsync("a", 3, 5, None)).Value;

        Assert.Equal("34567"u8.ToArray(), range.Content.ToArray());
        Assert.Equal(100, range.BlobLength);
        Assert.Equal("bytes=3-7", Assert.Single(service.Requests).Headers.TryGetValue("x-ms-range", out var value) ? value : service.Requests[0].Headers["Range"]);
    }

    [Theory]
    [InlineData("3456", "bytes 3-7/100")]
    [InlineData("34567", "bytes 3-7/*")]
    public async Task ReadRange_WhenTheAnswerIsShortOrUnclear_IsUnknown(string body, string contentRange)
    {
        using var service = new FakeService(() => Download(body, contentRange));

        Assert.Equal(OutcomeStatus.Unknown, (await service.Backend.ReadRangeAsync("a", 3, 5, None)).Status);
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task ReadRange_WhenTheBodyBreaksOff_IsUnknownAndNotResumedByTheSdk()
    {
        using var service = new FakeService(() => Download(new StreamContent(new BreakingStream("345"u8.ToArray())), "bytes 3-7/100"));

        Assert.Equal(OutcomeStatus.Unknown, (await service.Backend.ReadRangeAsync("a", 3, 5, None)).Status);
        Assert.Single(service.Requests);
    }

    [Theory]
    [InlineData("<html>busy</html>")]
    [InlineData("not xml")]
    [InlineData("")]
    public async Task ListBlobs_WhenTheAnswerIsNoList_IsUnknown(string body)
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(200, body, null, ("Content-Type", "application/xml")));

        Assert.Equal(OutcomeStatus.Unknown, (await service.Backend.ListBlobsAsync("", null, 10, None)).Status);
    }

    [Theory]
    [InlineData(409, "BlobAlreadyExists")]
    [InlineData(412, "ConditionNotMet")]
    [InlineData(412, "LeaseIdMissing")]
    public async Task Creations_WhenABlobIsThere_FailWithExistsAndWereConditional(int status, string code)
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(status, "", code));

        Assert.True((await service.Backend.CreateAppendBlobAsync("a", None)).Failed(ConditionFailure.Exists));
        Assert.True((await service.Backend.PutBlobAsync("a", new byte[1], None)).Failed(ConditionFailure.Exists));
        Assert.True((await service.Backend.CommitBlocksAsync("a", ["1"], None)).Failed(ConditionFailure.Exists));

        Assert.Equal(3, service.Requests.Count);
        Assert.All(service.Requests, request => Assert.Equal("*", request.Headers["If-None-Match"]));
    }

    [Fact]
    public async Task PutBlob_SendsOneConditionalSignedRequest()
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(201, "", null, ("ETag", "\"0x1\"")));

        Assert.Equal(new ETag("\"0x1\""), (await service.Backend.PutBlobAsync("a b", new byte[70_000], None)).Value);

        var request = Assert.Single(service.Requests);
        Assert.Equal("https://account.blob.core.windows.net/logs/a%20b", request.Uri.AbsoluteUri);
        Assert.Equal(("BlockBlob", 70_000), (request.Headers["x-ms-blob-type"], request.Body.Length));
        Assert.StartsWith("SharedKey account:", request.Headers["Authorization"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeleteBlob_SendsTheETag()
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(202));

        Assert.True((await service.Backend.DeleteBlobAsync("a", new ETag("\"0x1\""), None)).IsDone);

        Assert.Equal("\"0x1\"", Assert.Single(service.Requests).Headers["If-Match"]);
    }

    private static HttpResponseMessage Download(string body, string contentRange) => Download(new StringContent(body), contentRange);

    private static HttpResponseMessage Download(HttpContent body, string contentRange) => ScriptedHandler.Answer(
        206, body, null, ("Content-Range", contentRange), ("ETag", "\"0x1\""), ("Last-Modified", "Fri, 21 Nov 2025 10:20:30 GMT"), ("x-ms-blob-type", "AppendBlob"));

    /// <summary>Gives its bytes, then fails as a reset connection does.</summary>
    private sealed class BreakingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => Checked(base.Read(buffer, offset, count));

        public override int Read(Span<byte> buffer) => Checked(base.Read(buffer));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer, offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

        private static int Checked(int read) => read > 0 ? read : throw new IOException("Connection reset by peer.");
    }
}
