using ManagedLog.Functions.Api.Http;
using static ManagedLog.Functions.Api.OpenApi.Parameter;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>v3: records in and out.</summary>
internal static class RecordOperations
{
    private const string Cluster = "/v3/clusters/{cluster}";
    private const string Topic = Cluster + "/topics/{topic}";
    private const string Tag = "Records (v3)";

    public static IEnumerable<Operation> All =>
    [
        new("produceRecord", "POST", Topic + "/records", Tag, "Produce a stream of records")
        {
            Description = "The body is JSON documents, one after another; each is answered with a report as soon as it stands, in the same order. The status is 200 whatever becomes of "
                + "the records. The connection may stay open for hours.",
            Parameters =
            [
                Header("Idempotency-Key", "For a body that is one record: sent again under the same key within 24 hours it is appended once."),
                Header("Prefer", "http-status: a body that is one record is answered with the status of its report."),
            ],
            Bodies = [new(MediaTypes.Json, "Record", """{"partition_id": 0, "key": {"type": "JSON", "data": "room-2"}, "value": {"type": "JSON", "data": {"celsius": 20}}}""")],
            Answers = [new(200, "A report for each record, each in a chunk of its own and followed by CR LF.", MediaTypes.Json, "RecordReport")],
            Errors = [400, 404, 413, 415, 422],
        },
        new("produceRecordsBatch", "POST", Topic + "/records:batch", Tag, "Produce a few records with ids")
        {
            Parameters = [Header("Idempotency-Key", "Sent again under the same key within 24 hours the records are appended once.")],
            Bodies =
            [
                new(MediaTypes.Json, "RecordBatch", """{"entries": [{"id": "1", "partition_id": 1, "value": {"type": "STRING", "data": "a"}}, {"id": "2", "partition_id": 1, "value": {"type": "BINARY", "data": "AQI="}}]}"""),
            ],
            Answers = [new(207, "Which stand and which do not.", MediaTypes.Json, "RecordBatchOutcome")],
            Errors = [400, 404, 413, 415, 422],
        },
        new("fetchRecords", "GET", Topic + "/partitions/{partition}/records", Tag, "Fetch records of a partition, or follow it")
        {
            Description = "Answers as soon as there is a record. As a type of v2 the records have its shape; as a stream of events or lines it follows the log.",
            Parameters = OperationsOfV2.FetchParameters,
            Answers =
            [
                new(200, "Records; metadata.next is the link to those behind them.", MediaTypes.Json, "KafkaRecordList"),
                .. OperationsOfV2.FetchAnswers,
            ],
            Errors = [400, 404, 406, 408, 416],
        },
        new("followTopic", "GET", Topic + "/records", Tag, "Follow several partitions of a topic")
        {
            Parameters = OperationsOfV2.FollowParameters,
            Answers = OperationsOfV2.StreamAnswers,
            Errors = [400, 404, 406],
        },
        new("fetchPartitions", "POST", Cluster + "/records:fetch", Tag, "Fetch records of several partitions, or follow them")
        {
            Description = "Answers as soon as one of the partitions has a record, or an error, which stands at its place. The partitions come in the order in which they were read, "
                + "each time beginning with another one. Go on with each at its next_offset. As a stream the ids of events are places of the form topic/partition:offset, with commas.",
            Parameters = [Header("Last-Event-ID", "Of a stream: go on behind this event.")],
            Bodies =
            [
                new(MediaTypes.Json, "PartitionFetch", """{"partitions": [{"topic": "readings", "partition": 0, "offset": 0}, {"topic": "readings", "partition": 1, "offset": "earliest"}], "timeout": 500}"""),
            ],
            Answers =
            [
                new(200, "Each partition with its records.", MediaTypes.Json, "FetchedPartitions"),
                new(200, "For each partition a line of JSON with its place, next_offset and length, and so many bytes of record batches.", MediaTypes.RecordBatch),
                .. OperationsOfV2.StreamAnswers,
            ],
            Errors = [400, 404, 406, 415, 422],
        },
        new("deleteRecords", "POST", Topic + "/partitions/{partition}/records:delete", Tag, "Delete the records before an offset")
        {
            Bodies = [new(MediaTypes.Json, "DeleteRecords", """{"before_offset": 0}""")],
            Answers = [new(200, "Where the partition begins now.", MediaTypes.Json, "KafkaPartitionStart")],
            Errors = [400, 404, 415, 416, 422],
        },
        new("createProducer", "POST", Cluster + "/producers", Tag, "Get an id for a producer that numbers its records itself")
        {
            Answers = [new(201, "Never given twice.", MediaTypes.Json, "KafkaProducer")],
            Errors = [404, 503],
        },
    ];
}
