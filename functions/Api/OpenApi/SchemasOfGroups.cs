using System.Text.Json.Nodes;
using static ManagedLog.Functions.Api.OpenApi.SchemaForm;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>What calls on consumer instances and consumer groups give and take.</summary>
internal static class SchemasOfGroups
{
    public static IEnumerable<(string Name, JsonObject Schema)> All => [.. Instances, .. Groups, .. Members];

    private static IEnumerable<(string Name, JsonObject Schema)> Instances =>
    [
        ("NewConsumer", Object(
            ("name?", Nullable(Text("Unique in its group; left out, one is made up. Also id."))),
            ("format?", Nullable(Text("binary, json or text: how its records look."))),
            ("key.format?", Nullable(Text("The same for keys, where it is another."))),
            ("auto.offset.reset?", Nullable(Text("earliest or latest: where it begins in a partition of which the group has committed nothing."))),
            ("auto.commit.enable?", Any("true or false, also in quotes; also enable.auto.commit.")),
            ("auto.commit.interval.ms?", Any("5000. This and the others are numbers, also in quotes.")),
            ("fetch.min.bytes?", Any("A poll goes on collecting up to so many while its time lasts. Also responseMinBytes.")),
            ("consumer.request.timeout.ms?", Any("The longest wait of its polls, and how long those wait that say nothing. Also requestWaitMs.")),
            ("max.poll.records?", Any("At most so many in one poll.")),
            ("session.timeout.ms?", Any("300000. It is gone when nobody has called it for so long.")),
            ("partition.assignment.strategy?", Any("range, roundrobin or sticky, or the name of Kafka's class.")),
            ("client.id?", Nullable(Text())))),
        ("Consumer", Object(("instance_id", Text()), ("base_uri", Text()))),
        ("Subscription", Object(("topics?", Nullable(List(Text()))), ("topic_pattern?", Nullable(Text())))),
        ("SubscriptionState", Object(("topics", List(Text("Of a pattern those that match now."))), ("partitions", List(Map(List(Integer())))))),
        ("ConsumerPartitions", Object(("partitions", List(Object(("topic", Text()), ("partition", Integer())))))),
        ("ConsumerOffset", Object(("topic", Text()), ("partition", Integer()), ("offset", Integer()), ("metadata?", Nullable(Text())))),
        ("CommitOffsets", Object(("offsets?", List(Ref("ConsumerOffset"))), ("partitions?", List(Ref("ConsumerOffset"))))),
        ("CommittedOffsets", Object(("offsets", List(Ref("ConsumerOffset"))))),
        ("Positions", Object(
            ("offsets?", List(Ref("ConsumerOffset"))),
            ("timestamps?", List(Object(("topic", Text()), ("partition", Integer()), ("timestamp", Any("ISO 8601, or milliseconds since 1970.")), ("metadata?", Nullable(Text()))))))),
    ];

    private static IEnumerable<(string Name, JsonObject Schema)> Groups =>
    [
        ("KafkaConsumerGroup", Resource(
            "KafkaConsumerGroup",
            [
                ("consumer_group_id", Text()), ("is_simple", Boolean("It never had members.")), ("partition_assignor", Text("Empty: it never had members.")),
                ("state", OneOf("EMPTY", "RECONCILING", "STABLE", "DEAD")), ("type", Const("CONSUMER")), ("is_mixed_consumer_group", Boolean()),
            ],
            "coordinator",
            "consumers",
            "lag_summary")),
        ("KafkaConsumerGroupList", ResourceList("KafkaConsumerGroup")),
        ("KafkaConsumer", Resource(
            "KafkaConsumer",
            [("consumer_group_id", Text()), ("consumer_id", Text()), ("instance_id", Nullable(Text())), ("client_id", Text())],
            "assignments")),
        ("KafkaConsumerList", ResourceList("KafkaConsumer")),
        ("KafkaConsumerAssignment", Resource(
            "KafkaConsumerAssignment",
            [("consumer_group_id", Text()), ("consumer_id", Text()), ("topic_name", Text()), ("partition_id", Integer())],
            "partition",
            "lag")),
        ("KafkaConsumerAssignmentList", ResourceList("KafkaConsumerAssignment")),
        ("KafkaConsumerLag", Resource(
            "KafkaConsumerLag",
            [
                ("consumer_group_id", Text()), ("topic_name", Text()), ("partition_id", Integer()), ("current_offset", Integer("The next one to be read.")), ("log_end_offset", Integer()),
                ("lag", Integer()), ("consumer_id", Text("Empty: no member has the partition.")), ("instance_id", Text()), ("client_id", Text()),
            ])),
        ("KafkaConsumerLagList", ResourceList("KafkaConsumerLag")),
        ("KafkaConsumerGroupLagSummary", Resource(
            "KafkaConsumerGroupLagSummary",
            [
                ("consumer_group_id", Text()), ("max_lag_consumer_id", Text()), ("max_lag_instance_id", Text()), ("max_lag_client_id", Text()), ("max_lag_topic_name", Text()),
                ("max_lag_partition_id", Integer()), ("max_lag", Integer()), ("total_lag", Integer()),
            ],
            "max_lag_consumer",
            "max_lag_partition")),
        ("ManagedLogGroupOffset", Object(
            [.. Place, ("offset", Integer("The next one to be read.")), ("leader_epoch", Integer()), ("metadata", Text()), ("committed_at", Text("ISO 8601."))])),
        ("ManagedLogGroupOffsetList", ResourceList("ManagedLogGroupOffset")),
        ("ResetOffsets", Object(
            ("to?", OneOf("earliest", "latest")),
            ("timestamp?", Any("Milliseconds since 1970, or ISO 8601: to the first record at or after it.")),
            ("shift?", Integer("From what is committed, forth or back.")),
            ("offset?", Integer()),
            ("partitions?", List(Ref("GroupPartition"))),
            ("force?", Boolean("Remove the members first.")))),
        ("GroupPartition", Object(("topic_name", Text()), ("partition_id?", Nullable(Integer("Left out: all of the topic."))), ("topic_id?", Nullable(Text())))),
        ("ManagedLogOffsetReset", Object([.. Place, ("current_offset", Nullable(Integer("Null: nothing was committed."))), ("new_offset", Integer())])),
        ("ManagedLogOffsetResetList", ResourceList("ManagedLogOffsetReset")),
        ("DeleteOffsets", Object(("partitions", List(Ref("GroupPartition"))))),
    ];

    private static IEnumerable<(string Name, JsonObject Schema)> Members =>
    [
        ("JoinGroup", Object(
            ("consumer_id?", Text("Left out, one is made up.")),
            ("topics?", List(Text())),
            ("topic_pattern?", Text()),
            ("client_id?", Text()),
            ("instance_id?", Text()),
            ("session_timeout_ms?", Integer("45000: it counts as gone when it has not been heard of for so long.")),
            ("partition_assignor?", OneOf("range", "roundrobin", "sticky")))),
        ("GroupHeartbeat", Object(
            ("member_epoch", Integer("As joining answered it.")),
            ("released?", List(Object([.. Place.Select(static member => member.Name == "topic_name" ? ("topic_name?", member.Schema) : member)]))),
            ("topics?", List(Text("Another subscription from now on."))),
            ("topic_pattern?", Text()))),
        ("ManagedLogGroupMember", Resource(
            "ManagedLogGroupMember",
            [
                ("consumer_group_id", Text()), ("consumer_id", Text()), ("member_epoch", Integer()), ("generation", Integer()), ("heartbeat_interval_ms", Integer()),
                ("owned", List(Object([.. Place]))), ("to_revoke", List(Object([.. Place]))), ("awaited", List(Object([.. Place]))),
            ])),
        ("GroupCommit", Object(
            ("member_epoch?", Integer("Of a member.")),
            ("sequence?", Integer("Of a member: greater with each commit.")),
            ("offsets", List(Object(
                ("topic_name", Text()),
                ("partition_id", Integer()),
                ("offset", Integer("The next one to be read.")),
                ("topic_id?", Nullable(Text("Tells a topic that was created again from the one that was read."))),
                ("leader_epoch?", Nullable(Integer())),
                ("metadata?", Nullable(Text()))))))),
        ("ManagedLogGroupCommit", Object(
            ("kind", Const("ManagedLogGroupCommit")),
            ("cluster_id", Text()),
            ("consumer_group_id", Text()),
            ("committed", Integer("How many partitions.")),
            ("failures", List(Object(("topic_name", Text()), ("partition_id", Integer()), ("error_code", Integer()), ("message", Text())))))),
    ];

    private static IEnumerable<(string Name, JsonObject Schema)> Place => [("topic_name", Text()), ("topic_id", Text()), ("partition_id", Integer())];
}
