using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Metrics;
using static ManagedLog.Functions.Api.OpenApi.Parameter;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>API v2, and the service's own paths.</summary>
internal static class OperationsOfV2
{
    private const string Tag = "API v2";
    private const string ServiceTag = "The service";
    private const string Partition = "/topics/{topic}/partitions/{partition}";

    private static readonly Parameter[] ProduceParameters =
    [
        Query("format", "string", "binary, json or text, where the type does not say what keys and values are."),
        Query("acks", "string", "all (also 1): answered when the records stand; 0: as soon as they are queued, with 202."),
        Query("async", "boolean", "As acks=0, with 204 and no body."),
        Query("key", "string", "The body is one record as it stands, of any type of its own, and this is its key; empty: none."),
        Header("Idempotency-Key", "Sent again under the same key within 24 hours the request is carried out once."),
        Header("Producer-Id", "With Producer-Epoch and Producer-Sequence: of a producer that numbers its records itself."),
        Header("Producer-Epoch", "See Producer-Id."),
        Header("Producer-Sequence", "The number of the first record."),
    ];

    private static readonly BodyForm[] ProduceBodies =
    [
        new(MediaTypes.JsonV2, "JsonRecords", """{"records": [{"key": "room-1", "value": {"celsius": 21.5}}, {"value": null, "partition": 0, "timestamp": 1767225600000}]}"""),
        new(MediaTypes.BinaryV2, "BinaryRecords", """{"records": [{"value": "eyJjZWxzaXVzIjoyMH0=", "headers": [{"key": "sensor", "value": "YTc="}]}]}"""),
        new(MediaTypes.TextV2, "TextRecords", """{"records": [{"key": "7", "value": "21.5"}]}"""),
    ];

    private static readonly AnswerForm[] ProduceAnswers =
    [
        new(200, "One entry for each record, in the order of the request. A record that failed has its error in its place.", MediaTypes.V2, "ProducedRecords"),
        new(202, "They are queued (acks=0).", MediaTypes.V2, "ProducedRecords"),
        new(204, "They are queued (async=true)."),
    ];

    public static IReadOnlyList<AnswerForm> StreamAnswers { get; } =
    [
        new(200, "Server-sent events, one for each record; the id goes on right behind it. A heartbeat every 15 s; the stream ends after 60 s and is to be asked for again.", MediaTypes.EventStream),
        new(200, "One record a line.", MediaTypes.Lines),
    ];

    public static IReadOnlyList<Parameter> FetchParameters { get; } =
    [
        Query("offset", "string", "A number, earliest, or latest (only what comes from now on). Required, unless timestamp or an event id is given.", "earliest"),
        Query("timestamp", "string", "Instead of offset: milliseconds since 1970 or ISO 8601; begins with the first record at or after it."),
        Query("timeout", "integer", "How long to wait where there is no record, in ms: 1,000, at most 60,000. A stream ends after it.", "500"),
        Query("max_bytes", "integer", "Of keys and values; one record is given however large it is."),
        Query("count", "integer", "At most so many records.", "10"),
        Query("format", "string", "binary, json or text, where the type does not say it."),
        Header("Last-Event-ID", "Of a stream: go on behind this event."),
        Query("last_event_id", "string", "The same as a parameter."),
    ];

    public static IReadOnlyList<Parameter> FollowParameters { get; } =
        [Query("partitions", "string", "Numbers with commas; all where it is left out."), .. FetchParameters];

    public static IReadOnlyList<AnswerForm> FetchAnswers { get; } =
    [
        new(200, "Keys and values in base64.", MediaTypes.BinaryV2, "FetchedRecords"),
        new(200, "Keys and values as JSON.", MediaTypes.JsonV2, "FetchedRecords"),
        new(200, "Keys and values as strings.", MediaTypes.TextV2, "FetchedRecords"),
        new(200, "Record batches as they are stored, back to back; not with count.", MediaTypes.RecordBatch),
        .. StreamAnswers,
    ];

    public static IEnumerable<Operation> All =>
    [
        Produce("produceToTopic", "/topics/{topic}", "Produce records to a topic"),
        Produce("produceToPartition", Partition, "Produce records to a partition") with { Bodies = [.. ProduceBodies, new(MediaTypes.RecordBatch, null, null)] },
        new("fetchRecordsV2", "GET", Partition + "/records", Tag, "Fetch records of a partition, or follow it")
        {
            Description = "Answers as soon as there is a record. The headers Log-Start-Offset, High-Watermark and Log-End-Offset name the ends of the partition.",
            Parameters = FetchParameters,
            Answers = FetchAnswers,
            Errors = [400, 404, 406, 408, 416],
        },
        new("followTopicV2", "GET", "/topics/{topic}/records", Tag, "Follow several partitions of a topic") { Parameters = FollowParameters, Answers = StreamAnswers, Errors = [400, 404, 406] },
        Get("listBrokers", "/brokers", "List the brokers", "BrokerIds"),
        Get("listTopics", "/topics", "List the topics, internal ones left out", "TopicNames"),
        Get("getTopic", "/topics/{topic}", "Describe a topic", "Topic", 404),
        Get("listPartitions", "/topics/{topic}/partitions", "List the partitions of a topic", "Partitions", 404),
        Get("getPartition", Partition, "Describe a partition", "Partition", 404),
        Get("getOffsets", Partition + "/offsets", "The ends of a partition", "Offsets", 404),
    ];

    public static IEnumerable<Operation> Service =>
    [
        new("getRoot", "GET", "/", ServiceTag, "Alive") { Answers = [new(200, "Always.", MediaTypes.V2, "Empty")] },
        new("getHealth", "GET", "/health", ServiceTag, "As /health/ready") { Answers = [Healthy], Errors = [503] },
        new("getReadiness", "GET", "/health/ready", ServiceTag, "Whether storage was reached and requests are taken") { Answers = [Healthy], Errors = [503] },
        new("getLiveness", "GET", "/health/live", ServiceTag, "Whether the process answers") { Answers = [Healthy] },
        new("getMetrics", "GET", "/metrics", ServiceTag, "Counters and gauges of this instance, for Prometheus") { Answers = [new(200, "Prometheus' text format.", PrometheusText.ContentType)] },
        new("getDescription", "GET", "/openapi/v1.json", ServiceTag, "This description") { Answers = [new(200, "OpenAPI 3.1.", MediaTypes.Json)] },
        new("getDescriptionPage", "GET", "/openapi", ServiceTag, "This description to read") { Answers = [new(200, "A page.", "text/html; charset=utf-8")] },
    ];

    private static AnswerForm Healthy => new(200, "It is.", MediaTypes.Json, "Health");

    private static Operation Produce(string id, string path, string summary) => new(id, "POST", path, Tag, summary)
    {
        Description = "All records are read and checked first: a request that is refused for its form appends nothing. Where the outcome is unknown, the status is 504.",
        Parameters = ProduceParameters,
        Bodies = ProduceBodies,
        Answers = ProduceAnswers,
        Errors = [400, 404, 406, 409, 413, 415, 422, 429, 503, 504],
    };

    private static Operation Get(string id, string path, string summary, string schema, params int[] errors) => new(id, "GET", path, Tag, summary)
    {
        Answers = [new(200, "As asked for.", MediaTypes.V2, schema)],
        Errors = errors,
    };
}
