using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Functions.Tests.Unit;

public sealed class ErrorMappingTests
{
    public static TheoryData<ErrorCode> Codes => [.. Enum.GetValues<ErrorCode>().Where(code => code != ErrorCode.None)];

    [Theory]
    [MemberData(nameof(Codes))]
    public void From_OfEveryCode_HasTheStatusThatItsCodeBeginsWith(ErrorCode code)
    {
        var error = ErrorMapping.From(new Refusal(code, "why"));
        Assert.Equal("why", error.Message);
        Assert.InRange(error.Status, 400, 599);
        if (error.Code != 50003)
            Assert.StartsWith(error.Status.ToString(), error.Code.ToString());
    }

    /// <summary>Who reads "retriable" sends again, and what is unknown may stand in the log.</summary>
    [Theory]
    [InlineData(ErrorCode.RequestTimedOut)]
    [InlineData(ErrorCode.NotEnoughReplicasAfterAppend)]
    public void From_WhenTheOutcomeIsUnknown_DoesNotInviteARetry(ErrorCode code)
    {
        var error = ErrorMapping.From(new Refusal(code, "why"));
        Assert.Equal((504, 50401, null), (error.Status, error.Code, error.RetryAfterSeconds));
    }

    [Theory]
    [InlineData(ErrorCode.KafkaStorageError, 503, 50003)]
    [InlineData(ErrorCode.ThrottlingQuotaExceeded, 429, 42901)]
    public void From_WhenNothingWasDone_SaysWhenToTryAgain(ErrorCode code, int status, int errorCode)
    {
        var error = ErrorMapping.From(new Refusal(code, "why"));
        Assert.Equal((status, errorCode, 1), (error.Status, error.Code, error.RetryAfterSeconds));
    }
}
