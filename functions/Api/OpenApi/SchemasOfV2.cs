using System.Text.Json.Nodes;
using static ManagedLog.Functions.Api.OpenApi.SchemaForm;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>What API v2 and the service's own paths give and take.</summary>
internal static class SchemasOfV2
{
    public static IEnumerable<(string Name, JsonObject Schema)> All =>
    [
        ("Error", Object(("error_code", Integer("Of five digits, the first three of which are the status, or the status itself; see docs/rest.md.", 40403)), ("message", Text()))),
        ("Empty", Object()),
        ("Health", Object(("status", OneOf("live", "ready", "starting")), ("reason?", Text()), ("stopped_partitions?", List(Text())))),
        ("BrokerIds", Object(("brokers", List(Integer())))),
        ("TopicNames", List(Text())),
        ("Topic", Object(("name", Text()), ("configs", Map(Text())), ("partitions", List(Ref("Partition"))))),
        ("Partition", Object(
            ("partition", Integer()),
            ("leader", Integer()),
            ("replicas", List(Object(("broker", Integer()), ("leader", Boolean()), ("in_sync", Boolean())))))),
        ("Partitions", List(Ref("Partition"))),
        ("Offsets", Object(("beginning_offset", Integer()), ("end_offset", Integer("Of the next record.")))),
        ("BinaryRecords", Records(Nullable(Text("Base64.")))),
        ("JsonRecords", Records(Any("Any JSON value."))),
        ("TextRecords", Records(Nullable(Text()))),
        ("Header", Object(("key", Text()), ("value", Nullable(Text("Base64."))))),
        ("ProducedRecords", Object(("offsets", List(Ref("ProducedRecord"))), ("key_schema_id?", Nullable(Integer())), ("value_schema_id?", Nullable(Integer())))),
        ("ProducedRecord", Object(
            ("partition", Nullable(Integer())),
            ("offset", Nullable(Integer())),
            ("error_code", Nullable(Integer("Null: it stands."))),
            ("error", Nullable(Text())))),
        ("FetchedRecords", List(Ref("FetchedRecord"))),
        ("FetchedRecord", Object(
            ("topic", Text()),
            ("key", Any("In the format of the answer, or null.")),
            ("value", Any("In the format of the answer, or null.")),
            ("partition", Integer()),
            ("offset", Integer()),
            ("timestamp", Integer("Milliseconds since 1970.")),
            ("headers?", List(Ref("Header"))))),
    ];

    private static JsonObject Records(JsonObject part) => Object(
        ("records", List(Object(
            ("key?", (JsonObject)part.DeepClone()),
            ("value?", (JsonObject)part.DeepClone()),
            ("partition?", Nullable(Integer())),
            ("timestamp?", Nullable(Integer("Milliseconds since 1970."))),
            ("headers?", List(Ref("Header")))))));
}
