using System.Text.Json.Nodes;
using static ManagedLog.Functions.Api.OpenApi.SchemaForm;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>What the questions of a portal are answered with.</summary>
internal static class SchemasOfInsight
{
    public static IEnumerable<(string Name, JsonObject Schema)> All =>
    [
        ("ManagedLogTopicInsight", Resource(
            "ManagedLogTopicInsight",
            [
                ("topic_name", Text()),
                ("is_internal", Boolean()),
                ("partitions_count", Integer()),
                .. Amounts(),
                ("last_record", LastRecord()),
                ("rates", Nullable(Rates())),
                ("configs", Map(Text())),
                ("cost", Object(
                    ("currency", Text()), ("per_day", Number("An estimate.")), ("storage_per_day", Number()), ("operations_per_day", Nullable(Number("If every hour were as the last one."))), ("formula", Text("How it is reckoned.")))),
                ("consumer_groups", Groups()),
                ("unavailable_partitions", List(Object(("partition_id", Integer()), ("reason", Text())))),
            ],
            "topic",
            "partitions",
            "history",
            "search")),
        ("ManagedLogTopicInsightList", ResourceList("ManagedLogTopicInsight")),
        ("ManagedLogPartitionInsight", Resource(
            "ManagedLogPartitionInsight",
            [
                ("topic_name", Text()),
                ("partition_id", Integer()),
                ("unavailable_reason", Nullable(Text())),
                ("log_start_offset", Integer()),
                ("high_watermark", Integer()),
                ("log_end_offset", Integer()),
                .. Amounts(),
                ("last_record", LastRecord()),
                ("orphans_swept_at", Nullable(Text("ISO 8601."))),
            ],
            "segments")),
        ("ManagedLogPartitionInsightList", ResourceList("ManagedLogPartitionInsight")),
        ("ManagedLogSegment", Resource(
            "ManagedLogSegment",
            [
                ("topic_name", Text()),
                ("partition_id", Integer()),
                ("segment_id", Text()),
                ("storage", OneOf("log", "segment")),
                ("is_active", Boolean()),
                ("base_offset", Integer()),
                ("end_offset", Integer("Exclusive.")),
                ("bytes", Integer()),
                ("max_timestamp", Nullable(Text("ISO 8601."))),
                ("is_dead", Boolean()),
                ("dead_bytes", Integer()),
                ("blob", Text()),
            ])),
        ("ManagedLogSegmentList", ResourceList("ManagedLogSegment")),
        ("ManagedLogHistory", Object(
            ("kind", Const("ManagedLogHistory")),
            ("metadata", Object(("self", Text()), ("next", Nullable(Text("What is left; null: this is all."))))),
            ("cluster_id", Text()),
            ("topic_name", Nullable(Text("Null: all together."))),
            ("is_kept", Boolean("False: no history was ever written.")),
            ("from", Text("ISO 8601.")),
            ("to", Text("Where data ends.")),
            ("step_ms", Integer()),
            ("data", List(Point())))),
        ("ManagedLogHealth", Resource(
            "ManagedLogHealth",
            [
                ("status", OneOf("healthy", "attention")),
                ("instance_id", Text()),
                ("versions", Object(("service", Text()), ("format", Integer()), ("runtime", Text()))),
                ("storage", Object(("is_reachable", Boolean()), ("elapsed_ms", Number()), ("detail", Nullable(Text())))),
                ("stopped_partitions", List(Object(("topic_name", Nullable(Text())), ("topic_id", Text()), ("partition_id", Integer()), ("reason", Text())))),
                ("housekeeping", Housekeeping()),
                ("orphan_sweeps", Object(("open_partitions", Integer()), ("never_swept", Integer()), ("oldest_at", Nullable(Text("ISO 8601."))))),
            ])),
        ("Search", Object(
            ("text?", Nullable(Text("Stands in the key or the value; case matters."))),
            ("key?", Any("The key, exactly: a string or other JSON.")),
            ("key_base64?", Nullable(Text("The key's bytes, instead of key."))),
            ("header?", Nullable(Object(("name", Text()), ("value?", Nullable(Text()))))),
            ("json?", Nullable(Object(("path", Text(example: "$.id")), ("equals?", Any("A string, a number, true, false or null.")), ("contains?", Nullable(Text()))))),
            ("partition_id?", Nullable(Integer())),
            ("all_partitions?", Nullable(Boolean("Also where the key says in which one records with it are."))),
            ("from_offset?", Nullable(Integer())),
            ("to_offset?", Nullable(Integer("Exclusive."))),
            ("from_timestamp?", Any("Milliseconds since 1970 or ISO 8601.")),
            ("to_timestamp?", Any("Exclusive.")),
            ("order?", OneOf("oldest", "newest")),
            ("max_matches?", Nullable(Integer())),
            ("max_bytes?", Nullable(Integer())),
            ("max_ms?", Nullable(Integer())),
            ("page_token?", Nullable(Text("As the step before answered it."))))),
        ("ManagedLogSearchResult", Resource(
            "ManagedLogSearchResult",
            [
                ("topic_name", Text()),
                ("order", OneOf("oldest", "newest")),
                ("partitions", Nullable(List(Integer()))),
                ("searched", Object(
                    ("records", Integer()),
                    ("batches", Integer()),
                    ("bytes", Integer()),
                    ("partitions", Integer()),
                    ("unreadable_batches", Integer()),
                    ("storage_reads", Integer()))),
                ("matched", Integer()),
                ("stopped_because", OneOf("end", "max_matches", "answer_size", "max_bytes", "max_ms", "partitions")),
                ("next", Nullable(Object(("partition_id", Integer()), ("from_offset", Integer()), ("to_offset", Nullable(Integer()))))),
                ("next_page_token", Nullable(Text("Null: there is nothing left to search."))),
                ("matches", List(Object(
                    ("partition_id", Integer()),
                    ("offset", Integer()),
                    ("timestamp", Text("ISO 8601.")),
                    ("key", Part()),
                    ("value", Part()),
                    ("headers", List(Ref("RecordHeader")))))),
            ])),
    ];

    private static JsonObject Rates() => Object(
        ("records_in_per_second", Number()),
        ("bytes_in_per_second", Number()),
        ("records_out_per_second", Number()),
        ("bytes_out_per_second", Number()),
        ("window_ms", Integer("How long before as_of was looked at.")),
        ("as_of", Text("ISO 8601.")));

    private static JsonObject Point() => Object(
        ("time", Text("The beginning of the step, ISO 8601.")),
        ("records_in", Integer()),
        ("bytes_in", Integer()),
        ("records_out", Integer()),
        ("bytes_out", Integer()),
        ("storage_operations", Integer()),
        ("stored_bytes", Nullable(Integer("At the end of the step; null: of all topics together it is not known."))),
        ("lag", Lags()));

    private static JsonObject Lags()
    {
        var lags = Nullable(List(Object(("consumer_group_id", Text()), ("total_lag", Nullable(Integer("Null: where a log ended is not known."))))));
        lags["description"] = "How far groups were behind at the end of the step, as far as that was written down. Null where nothing is known of any, and of all topics together.";
        return lags;
    }

    private static JsonObject Groups()
    {
        var groups = Nullable(List(Object(
            ("consumer_group_id", Text()), ("state", Text()), ("total_lag", Integer()), ("max_lag", Integer()), ("max_lag_partition_id", Integer()))));
        groups["description"] = "Those that have committed something of the topic. Null in lists of topics, and where it cannot be told.";
        return groups;
    }

    private static JsonObject Housekeeping() => Object(
        ("last_tick_here", Nullable(Object(("at", Text("ISO 8601.")), ("is_elected", Boolean()), ("summary", Text())))),
        ("last_work", Nullable(Object(("at", Text("ISO 8601.")), ("instance_id", Text()), ("elected_at", Text("ISO 8601.")), ("summary", Text())))),
        ("backlog", Nullable(Object(("partitions", Integer()), ("is_more", Boolean()), ("oldest_due_at", Nullable(Text("ISO 8601.")))))));

    private static (string Name, JsonObject Schema)[] Amounts() =>
    [
        ("records", Integer()),
        ("records_is_upper_bound", Boolean("Some of them may have been compacted away.")),
        ("bytes", Integer()),
        ("dead_bytes", Integer("Of copies that are replaced and not deleted yet.")),
        ("segments_count", Integer()),
    ];

    private static JsonObject LastRecord() => Nullable(Object(("partition_id", Integer()), ("offset", Integer()), ("timestamp", Nullable(Text("ISO 8601.")))));

    private static JsonObject Part() =>
        Nullable(Object(("type", OneOf("BINARY", "JSON", "STRING")), ("data", Any("A base64 string, any JSON value, or a string, by the type.")), ("size", Integer())));
}
