using ManagedLog.Functions.Api.Http;
using static ManagedLog.Functions.Api.OpenApi.Parameter;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>Consumer groups in v3, their members' own calls included. They come behind those of v2, whose examples make the group.</summary>
internal static class GroupOperations
{
    private const string Tag = "Consumer groups";
    private const string MembersTag = "Members of consumer groups";
    private const string Groups = "/v3/clusters/{cluster}/consumer-groups";
    private const string Group = Groups + "/{group}";
    private const string Member = Group + "/members/{consumer}";
    private const string MemberCalls = "For clients that fetch for themselves, with records:fetch: nothing is stored for what they read.";

    public static IEnumerable<Operation> All =>
    [
        new("joinConsumerGroup", "POST", Group + "/members", MembersTag, "Join a consumer group, or come back to it")
        {
            Description = MemberCalls + " consumer_id is the client's own: a join whose answer was lost is sent again, the same. Each time the member has a new epoch. What it owns nobody else "
                + "has; go on where the group's committed offsets say. Topics by name, or topic_pattern for all whose whole name it matches.",
            Bodies = [new(MediaTypes.Json, "JoinGroup", """{"consumer_id": "fetcher-1", "topics": ["readings"], "session_timeout_ms": 45000}""")],
            Answers = [new(200, "What it has now, and how often to say that it is there.", MediaTypes.Json, "ManagedLogGroupMember")],
            Errors = [400, 403, 404, 415, 422, 503, 504],
        },
        new("heartbeatConsumerGroup", "POST", Member + ":heartbeat", MembersTag, "Say that a member is there")
        {
            Description = "Every heartbeat_interval_ms. What is to be revoked is to be finished and committed, and then named in released; until then it stays the member's. 404/40403: it counts as gone "
                + "and has to join again. 409/40903: it has joined again under a later epoch.",
            Bodies = [new(MediaTypes.Json, "GroupHeartbeat", """{"member_epoch": 1, "released": []}""")],
            Answers = [new(200, "What it has now.", MediaTypes.Json, "ManagedLogGroupMember")],
            Errors = [400, 403, 404, 409, 415, 422, 503, 504],
        },
        new("commitConsumerGroupMember", "POST", Member + "/offsets", MembersTag, "Commit what a member has done")
        {
            Description = "offset is the next one to be read. With a sequence that grows with each commit an older one that was held up cannot overtake a newer one, and one that is sent again is recognised.",
            Bodies = [new(MediaTypes.Json, "GroupCommit", """{"member_epoch": 1, "sequence": 1, "offsets": [{"topic_name": "readings", "partition_id": 0, "offset": 1}]}""")],
            Answers = [new(200, "All is committed but what is named under failures.", MediaTypes.Json, "ManagedLogGroupCommit")],
            Errors = [400, 403, 404, 409, 415, 422, 503, 504],
        },
        Get("listKafkaConsumerGroups", Groups, "List the consumer groups", "KafkaConsumerGroupList", 400, 404) with { Parameters = Operations.Paging },
        Get("getKafkaConsumerGroup", Group, "Describe a consumer group", "KafkaConsumerGroup", 404),
        Get("listKafkaConsumers", Group + "/consumers", "List the members of a consumer group", "KafkaConsumerList", 404),
        Get("getKafkaConsumer", Group + "/consumers/{consumer}", "Describe a member", "KafkaConsumer", 404),
        Get("listKafkaConsumerAssignments", Group + "/consumers/{consumer}/assignments", "List what a member has", "KafkaConsumerAssignmentList", 404),
        Get("getKafkaConsumerAssignment", Group + "/consumers/{consumer}/assignments/{topic}/partitions/{partition}", "One partition that a member has", "KafkaConsumerAssignment", 404),
        Get("listKafkaConsumerLags", Group + "/lags", "How far a group is behind, by partition", "KafkaConsumerLagList", 404) with
        {
            Description = "Only of partitions of which the group has committed something; a group that has committed nothing is not found here.",
        },
        Get("getKafkaConsumerLag", Group + "/lags/{topic}/partitions/{partition}", "How far a group is behind in one partition", "KafkaConsumerLag", 404),
        Get("getKafkaConsumerGroupLagSummary", Group + "/lag-summary", "How far a group is behind altogether", "KafkaConsumerGroupLagSummary", 404),
        Get("listConsumerGroupOffsets", Group + "/offsets", "What a group has committed", "ManagedLogGroupOffsetList", 404) with { Description = "Without a look at the logs; offset is the next one to be read." },
        new("previewConsumerGroupReset", "POST", Group + "/offsets:preview", Tag, "What a reset would do")
        {
            Description = "As offsets:reset, and changes nothing.",
            Bodies = [new(MediaTypes.Json, "ResetOffsets", """{"to": "earliest", "partitions": [{"topic_name": "readings"}]}""")],
            Answers = [new(200, "Each partition with what is committed and what would be.", MediaTypes.Json, "ManagedLogOffsetResetList")],
            Errors = [400, 403, 404, 415, 422, 503],
        },
        new("leaveConsumerGroup", "DELETE", Member, MembersTag, "Leave a consumer group")
        {
            Parameters = [Query("member_epoch", "integer", "Leaves only under this epoch.")],
            Answers = [new(204, "It is none of the group's any more; others get what it had.")],
            Errors = [400, 403, 404, 409, 503, 504],
        },
        new("commitConsumerGroupOffsets", "POST", Group + "/offsets", Tag, "Commit for a group without members")
        {
            Description = "For clients that assign partitions to themselves. offset is the next one to be read.",
            Bodies = [new(MediaTypes.Json, "GroupCommit", """{"offsets": [{"topic_name": "readings", "partition_id": 0, "offset": 1}]}""")],
            Answers = [new(200, "All is committed but what is named under failures.", MediaTypes.Json, "ManagedLogGroupCommit")],
            Errors = [400, 403, 404, 409, 415, 422, 503, 504],
        },
        new("resetConsumerGroupOffsets", "POST", Group + "/offsets:reset", Tag, "Move what a group has committed")
        {
            Description = "To earliest or latest, to a timestamp, by a shift, or to an offset; what would lie outside of the log is moved to its nearer end. Without partitions: all that are committed. "
                + "A group that has members is refused, unless force removes them first; they may join again.",
            Bodies = [new(MediaTypes.Json, "ResetOffsets", """{"shift": -1, "partitions": [{"topic_name": "readings", "partition_id": 0}]}""")],
            Answers = [new(200, "Each partition with what was committed and what is now.", MediaTypes.Json, "ManagedLogOffsetResetList")],
            Errors = [400, 403, 404, 409, 415, 422, 503, 504],
        },
        new("deleteConsumerGroupOffsets", "POST", Group + "/offsets:delete", Tag, "Forget what a group has committed of some partitions")
        {
            Description = "Refused while a member reads one of the topics.",
            Bodies = [new(MediaTypes.Json, "DeleteOffsets", """{"partitions": [{"topic_name": "readings", "partition_id": 0}]}""")],
            Answers = [new(204, "It is forgotten.")],
            Errors = [400, 403, 404, 409, 415, 422, 503, 504],
        },
        new("deleteConsumerGroup", "DELETE", Group, Tag, "Delete a consumer group and all that it has committed")
        {
            Description = "Refused while it has members.",
            Answers = [new(204, "It is deleted.")],
            Errors = [403, 404, 409, 503, 504],
        },
    ];

    private static Operation Get(string id, string path, string summary, string schema, params int[] errors) => new(id, "GET", path, Tag, summary)
    {
        Answers = [new(200, "As asked for.", MediaTypes.Json, schema)],
        Errors = errors,
    };
}
