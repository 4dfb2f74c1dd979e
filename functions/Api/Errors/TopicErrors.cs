using ManagedLog.Engine;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Functions.Api.Errors;

/// <summary>The codes that v2 has for what is missing; everything else is as <see cref="ErrorMapping"/> says.</summary>
internal static class TopicErrors
{
    public static ApiError ForTopic(Refusal refusal, string topic) =>
        refusal.Code == ErrorCode.UnknownTopicOrPartition ? FormErrors.UnknownTopic(topic) : ErrorMapping.From(refusal);

    public static ApiError ForPartition(Refusal refusal) =>
        refusal.Code == ErrorCode.UnknownTopicOrPartition ? new ApiError(404, 40402, refusal.Message) : ErrorMapping.From(refusal);
}
