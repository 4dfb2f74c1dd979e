using System.Text.Json.Nodes;
using static ManagedLog.Functions.Api.OpenApi.SchemaForm;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>What API v3 gives and takes.</summary>
internal static class SchemasOfV3
{
    private static readonly string[] Sources =
        ["DYNAMIC_TOPIC_CONFIG", "DYNAMIC_BROKER_CONFIG", "DYNAMIC_DEFAULT_BROKER_CONFIG", "STATIC_BROKER_CONFIG", "DEFAULT_CONFIG", "UNKNOWN"];

    public static IEnumerable<(string Name, JsonObject Schema)> All =>
    [
        ("KafkaCluster", Resource("KafkaCluster", [], "controller", "acls", "brokers", "broker_configs", "consumer_groups", "topics", "partition_reassignments")),
        ("KafkaClusterList", ResourceList("KafkaCluster")),
        ("KafkaBroker", Resource("KafkaBroker", [("broker_id", Integer()), ("host", Nullable(Text("Of the storage account; null in memory."))), ("port", Nullable(Integer())), ("rack", Nullable(Text("Its region, where that is configured.")))], "configs", "partition_replicas")),
        ("KafkaBrokerList", ResourceList("KafkaBroker")),
        ("KafkaBrokerConfig", Resource("KafkaBrokerConfig", [("broker_id", Integer()), .. Setting()])),
        ("KafkaBrokerConfigList", ResourceList("KafkaBrokerConfig")),
        ("KafkaClusterConfig", Resource("KafkaClusterConfig", [("config_type", Const("BROKER")), .. Setting()])),
        ("KafkaClusterConfigList", ResourceList("KafkaClusterConfig")),
        ("KafkaTopic", Resource(
            "KafkaTopic",
            [
                ("topic_name", Text()), ("is_internal", Boolean()), ("replication_factor", Integer()), ("partitions_count", Integer()),
                ("authorized_operations", List(Text())),
            ],
            "partitions",
            "configs",
            "partition_reassignments")),
        ("KafkaTopicList", ResourceList("KafkaTopic")),
        ("CreateTopic", Object(
            ("topic_name", Text(example: "readings")),
            ("partitions_count?", Nullable(Integer("1 where it is left out."))),
            ("replication_factor?", Nullable(Integer("At most the number of storage accounts."))),
            ("replicas_assignments?", Map(List(Integer()))),
            ("configs?", List(Object(("name", Text()), ("value?", Nullable(Text()))))),
            ("validate_only?", Nullable(Boolean("Only says whether it could be created."))))),
        ("GrowTopic", Object(("partitions_count", Integer("More than there are.")))),
        ("KafkaTopicConfig", Resource("KafkaTopicConfig", [("topic_name", Text()), .. Setting()])),
        ("KafkaTopicConfigList", ResourceList("KafkaTopicConfig")),
        ("ConfigValue", Object(("value", Nullable(Text("Null takes back what was set."))))),
        ("AlterConfigs", Object(("data", List(Ref("AlterConfig"))), ("validate_only?", Nullable(Boolean())))),
        ("AlterConfig", Object(("name", Text()), ("value?", Nullable(Text())), ("operation?", OneOf("SET", "DELETE")))),
        ("AlterTopics", Object(("data", List(Object(("topic_name", Text()), ("configs", List(Ref("AlterConfig")))))), ("validate_only?", Nullable(Boolean())))),
        ("AlterTopicsFailures", Object(("failures", List(Object(("topic_name", Text()), ("error_code", Integer()), ("message", Text())))))),
        ("KafkaPartition", Resource("KafkaPartition", [("topic_name", Text()), ("partition_id", Integer())], "leader", "replicas", "reassignment")),
        ("KafkaPartitionList", ResourceList("KafkaPartition")),
        ("KafkaPartitionWithOffsets", Resource(
            "KafkaPartitionWithOffsets",
            [("topic_name", Text()), ("partition_id", Integer()), ("earliest_offset", Integer()), ("latest_offset", Integer("Of the next record."))])),
        ("KafkaPartitionStart", Resource("KafkaPartition", [("topic_name", Text()), ("partition_id", Integer()), ("earliest_offset", Integer())])),
        ("KafkaReplica", Resource(
            "KafkaReplica",
            [("topic_name", Text()), ("partition_id", Integer()), ("broker_id", Integer()), ("is_leader", Boolean()), ("is_in_sync", Boolean())],
            "broker")),
        ("KafkaReplicaList", ResourceList("KafkaReplica")),
        ("KafkaReassignment", Resource(
            "KafkaReassignment",
            [("topic_name", Text()), ("partition_id", Integer()), ("adding_replicas", List(Integer())), ("removing_replicas", List(Integer()))],
            "replicas")),
        ("KafkaReassignmentList", ResourceList("KafkaReassignment")),
        ("DeleteRecords", Object(("before_offset", Integer("The first offset to keep; -1: none of those that stand now.")))),
        ("KafkaProducer", Object(("kind", Const("KafkaProducer")), ("cluster_id", Text()), ("producer_id", Integer()), ("producer_epoch", Integer()))),
        ("RecordPart", Object(("type", OneOf("BINARY", "JSON", "STRING")), ("data?", Any("A base64 string, any JSON value, or a string, by the type; null: no bytes.")))),
        ("RecordHeader", Object(("name", Text()), ("value?", Nullable(Text("Base64."))))),
        ("Record", Object([.. RecordMembers()])),
        ("RecordReport", Object(
            ("error_code", Integer("200: it stands.")),
            ("message?", Text("Why it does not stand.")),
            ("cluster_id?", Text()),
            ("topic_name?", Text()),
            ("partition_id?", Integer()),
            ("offset?", Integer()),
            ("timestamp?", Text("ISO 8601.")),
            ("key?", Ref("PartReport")),
            ("value?", Ref("PartReport")))),
        ("PartReport", Object(("type", OneOf("BINARY", "JSON", "STRING")), ("size", Integer("Of the stored bytes.")))),
        ("RecordBatch", Object(("entries", List(Object([("id", Text("1 to 80 characters.")), .. RecordMembers()]))))),
        ("RecordBatchOutcome", Object(
            ("successes", List(Object(
                ("id", Text()),
                ("cluster_id", Text()),
                ("topic_name", Text()),
                ("partition_id", Integer()),
                ("offset", Integer()),
                ("timestamp", Text("ISO 8601.")),
                ("key?", Ref("PartReport")),
                ("value?", Ref("PartReport"))))),
            ("failures", List(Object(("id", Text()), ("error_code", Integer()), ("message", Text())))))),
        ("KafkaRecordList", Object(
            ("kind", Const("KafkaRecordList")),
            ("cluster_id", Text()),
            ("data", List(Ref("KafkaRecord"))),
            ("metadata", Object(("self", Text()), ("next", Text("The records behind these.")))),
            ("next_offset", Nullable(Integer())))),
        ("PartitionFetch", Object(
            ("partitions", List(Object(
                ("topic", Text()),
                ("partition", Integer()),
                ("offset?", Any("A number, \"earliest\" or \"latest\"; this or timestamp.")),
                ("timestamp?", Any("Milliseconds since 1970 or ISO 8601."))))),
            ("timeout?", Integer("How long to wait where there is no record, in ms: 1,000, at most 60,000. A stream ends after it.")),
            ("count?", Integer("At most so many records.")),
            ("max_bytes?", Integer("Of keys and values of all partitions.")),
            ("max_partition_bytes?", Integer("The share of each partition: 1 MiB.")),
            ("format?", OneOf("binary", "json", "text")))),
        ("FetchedPartitions", Object(
            ("kind", Const("KafkaFetch")),
            ("partitions", List(Object(
                ("topic", Text()),
                ("partition", Integer()),
                ("error_code?", Integer("Only where the partition cannot be read.")),
                ("message?", Text()),
                ("log_start_offset?", Integer()),
                ("high_watermark?", Integer("The end of what can be read.")),
                ("log_end_offset?", Integer()),
                ("records", List(Ref("KafkaRecord"))),
                ("next_offset", Nullable(Integer()))))))),
        ("KafkaRecord", Object(
            ("topic_name", Text()),
            ("partition_id", Integer()),
            ("offset", Integer()),
            ("timestamp", Text("ISO 8601.")),
            ("timestamp_type", OneOf("CREATE_TIME", "LOG_APPEND_TIME")),
            ("headers", List(Ref("RecordHeader"))),
            ("key", NullablePart()),
            ("value", NullablePart()))),
    ];

    private static (string Name, JsonObject Schema)[] Setting() =>
    [
        ("name", Text(example: "retention.ms")),
        ("value", Text("All values are text.", "604800000")),
        ("is_default", Boolean()),
        ("is_read_only", Boolean()),
        ("is_sensitive", Boolean()),
        ("source", OneOf(Sources)),
        ("synonyms", List(Object(("name", Text()), ("value", Text()), ("source", OneOf(Sources))))),
    ];

    private static (string Name, JsonObject Schema)[] RecordMembers() =>
    [
        ("partition_id?", Nullable(Integer())),
        ("headers?", List(Ref("RecordHeader"))),
        ("key?", Ref("RecordPart")),
        ("value?", Ref("RecordPart")),
        ("timestamp?", Nullable(Text("ISO 8601, from 1970 on.", "2026-01-31T23:59:59.999Z"))),
    ];

    private static JsonObject NullablePart() =>
        Nullable(Object(("type", OneOf("BINARY", "JSON", "STRING")), ("data", Any("A base64 string, any JSON value, or a string, by the type."))));
}
