using ManagedLog.Engine;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Functions.Api.Errors;

/// <summary>What the engine's refusals are over HTTP. The only place that turns an <see cref="ErrorCode"/> into a status.</summary>
internal static class ErrorMapping
{
    private const int RetryAfterSeconds = 1;

    public static ApiError From(Refusal refusal) => refusal.Code switch
    {
        ErrorCode.UnknownServerError => new(500, 50002, refusal.Message),
        ErrorCode.None => throw new ArgumentException("A refusal has a code.", nameof(refusal)),
        ErrorCode.OffsetOutOfRange => new(416, 41601, refusal.Message),
        ErrorCode.CorruptMessage => new(400, 40002, refusal.Message),
        ErrorCode.UnknownTopicOrPartition => new(404, 40403, refusal.Message),
        ErrorCode.LeaderNotAvailable => Retriable(refusal),
        ErrorCode.RequestTimedOut => Unknown(refusal),
        ErrorCode.MessageTooLarge => new(413, 413, refusal.Message),
        ErrorCode.OffsetMetadataTooLarge => new(400, 40002, refusal.Message),
        ErrorCode.IllegalGeneration => new(409, 40903, refusal.Message),
        ErrorCode.InvalidGroupId => new(400, 40002, refusal.Message),
        ErrorCode.UnknownMemberId => new(404, 40403, refusal.Message),
        ErrorCode.InvalidSessionTimeout => new(400, 40002, refusal.Message),
        ErrorCode.InvalidTopicException => new(422, 422, refusal.Message),
        ErrorCode.RecordListTooLarge => new(413, 413, refusal.Message),
        ErrorCode.NotEnoughReplicas => Retriable(refusal),

        // It stands on the leader, and nobody knows yet whether it will stay: not to be repeated blindly.
        ErrorCode.NotEnoughReplicasAfterAppend => Unknown(refusal),
        ErrorCode.TopicAuthorizationFailed => new(403, 40301, refusal.Message),
        ErrorCode.InvalidTimestamp => new(400, 40002, refusal.Message),
        ErrorCode.TopicAlreadyExists => new(400, 40002, refusal.Message),
        ErrorCode.InvalidPartitions => new(400, 40002, refusal.Message),
        ErrorCode.InvalidReplicationFactor => new(400, 40002, refusal.Message),
        ErrorCode.InvalidConfig => new(400, 40002, refusal.Message),
        ErrorCode.InvalidRequest => new(400, 40002, refusal.Message),
        ErrorCode.UnsupportedForMessageFormat => new(400, 40002, refusal.Message),
        ErrorCode.OutOfOrderSequenceNumber => new(409, 40903, refusal.Message),
        ErrorCode.DuplicateSequenceNumber => new(409, 40903, refusal.Message),
        ErrorCode.InvalidProducerEpoch => new(409, 40903, refusal.Message),
        ErrorCode.KafkaStorageError => Retriable(refusal),
        ErrorCode.SaslAuthenticationFailed => new(401, 40101, refusal.Message),
        ErrorCode.UnknownProducerId => new(409, 40903, refusal.Message),
        ErrorCode.NonEmptyGroup => new(409, 40903, refusal.Message),
        ErrorCode.GroupIdNotFound => new(404, 404, refusal.Message),
        ErrorCode.GroupMaxSizeReached => new(422, 422, refusal.Message),
        ErrorCode.GroupSubscribedToTopic => new(409, 40903, refusal.Message),
        ErrorCode.UnsupportedCompressionType => new(400, 40002, refusal.Message),
        ErrorCode.InvalidRecord => new(400, 40002, refusal.Message),
        ErrorCode.ThrottlingQuotaExceeded => new(429, 42901, refusal.Message) { RetryAfterSeconds = RetryAfterSeconds },
        ErrorCode.UnknownTopicId => new(404, 40403, refusal.Message),
        ErrorCode.FencedMemberEpoch => new(409, 40903, refusal.Message),
        ErrorCode.UnsupportedAssignor => new(400, 40002, refusal.Message),
        ErrorCode.StaleMemberEpoch => new(409, 40903, refusal.Message),
        ErrorCode.InvalidRegularExpression => new(400, 40002, refusal.Message),
        _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal.Code, "No status is known for this code."),
    };

    private static ApiError Retriable(Refusal refusal) => new(503, 50003, refusal.Message) { RetryAfterSeconds = RetryAfterSeconds };

    /// <summary>Never 50003, which invites a retry that would append twice.</summary>
    private static ApiError Unknown(Refusal refusal) => new(504, 50401, refusal.Message);
}
