namespace ManagedLog.Protocol.Errors;

/// <summary>
/// Why a call was refused or what is not known of it: Kafka's names and numbers (protocol guide, "Error Codes"), so that they mean the same to everybody.
/// </summary>
public enum ErrorCode
{
    UnknownServerError = -1,
    None = 0,
    OffsetOutOfRange = 1,
    CorruptMessage = 2,
    UnknownTopicOrPartition = 3,
    LeaderNotAvailable = 5,

    /// <summary>The outcome is unknown: it may have happened. Never to be repeated blindly.</summary>
    RequestTimedOut = 7,
    MessageTooLarge = 10,
    OffsetMetadataTooLarge = 12,
    InvalidTopicException = 17,
    RecordListTooLarge = 18,
    NotEnoughReplicas = 19,
    NotEnoughReplicasAfterAppend = 20,

    /// <summary>The member does not own the partition under the epoch that it gave.</summary>
    IllegalGeneration = 22,
    InvalidGroupId = 24,

    /// <summary>It was never a member of the group, or counts as gone: it has to join again.</summary>
    UnknownMemberId = 25,
    InvalidSessionTimeout = 26,

    /// <summary>The caller may not do this to this topic, whoever it is: the service's own topics.</summary>
    TopicAuthorizationFailed = 29,
    InvalidTimestamp = 32,
    TopicAlreadyExists = 36,
    InvalidPartitions = 37,
    InvalidReplicationFactor = 38,
    InvalidConfig = 40,
    InvalidRequest = 42,
    UnsupportedForMessageFormat = 43,
    OutOfOrderSequenceNumber = 45,
    DuplicateSequenceNumber = 46,
    InvalidProducerEpoch = 47,

    /// <summary>Storage refused or did not answer and nothing was done; the same call may be made again.</summary>
    KafkaStorageError = 56,

    /// <summary>Nobody is known by the credentials that were given.</summary>
    SaslAuthenticationFailed = 58,
    UnknownProducerId = 59,
    NonEmptyGroup = 68,
    GroupIdNotFound = 69,
    UnsupportedCompressionType = 76,
    GroupMaxSizeReached = 81,
    GroupSubscribedToTopic = 86,
    InvalidRecord = 87,

    /// <summary>Too much is waiting already; nothing was done, call again later.</summary>
    ThrottlingQuotaExceeded = 89,

    /// <summary>The incarnation of a topic that was meant is gone: it was deleted, and perhaps created again.</summary>
    UnknownTopicId = 100,

    /// <summary>The member has joined again under a later epoch: whoever still uses this one has to stop.</summary>
    FencedMemberEpoch = 110,
    UnsupportedAssignor = 112,

    /// <summary>A commit under an epoch that is not the member's.</summary>
    StaleMemberEpoch = 113,
    InvalidRegularExpression = 128,
}
