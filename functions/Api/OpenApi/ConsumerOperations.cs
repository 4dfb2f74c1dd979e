using ManagedLog.Functions.Api.Http;
using static ManagedLog.Functions.Api.OpenApi.Parameter;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>v2's consumer instances.</summary>
internal static class ConsumerOperations
{
    private const string Tag = "Consumer instances (API v2)";
    private const string Instance = "/consumers/{group}/instances/{instance}";
    private const string Place = """{"partitions": [{"topic": "readings", "partition": 0}]}""";

    public static IEnumerable<Operation> All =>
    [
        new("createConsumer", "POST", "/consumers/{group}", Tag, "Create a consumer instance")
        {
            Description = "It belongs to no server: any instance of the service serves any call on it. An empty body takes all defaults: a name made up, binary, auto.offset.reset latest, "
                + "auto.commit.enable true. It is gone, and others get its partitions, when nobody has called it for session.timeout.ms.",
            Bodies = [new(MediaTypes.V2, "NewConsumer", """{"name": "reader-1", "format": "binary", "auto.offset.reset": "earliest", "auto.commit.enable": "false"}""")],
            Answers = [new(200, "base_uri is where the other calls go.", MediaTypes.V2, "Consumer")],
            Errors = [400, 403, 409, 415, 422, 503, 504],
        },
        Change("subscribe", "/subscription", "Subscribe to topics", """{"topics": ["readings"]}""", "Subscription")
            with { Description = "Replaces the subscription before. By topics, or by topic_pattern, which has to match a topic's whole name; topics that appear later are included. The next poll joins the group." },
        Get("getSubscription", "/subscription", "What the instance is subscribed to", "SubscriptionState"),
        Poll,
        Change("commitOffsets", "/offsets", "Commit offsets", """{"offsets": [{"topic": "readings", "partition": 0, "offset": 0}]}""", "CommitOffsets")
            with
            {
                Description = "In offsets each number is that of the last record that was processed; one more is committed, the next offset to read. In partitions (Redpanda's name) it is the next offset "
                    + "itself. Without a body: all that the polls so far have given out.",
            },
        Get("getCommittedOffsets", "/offsets", "What the group has committed", "CommittedOffsets")
            with { Parameters = [Query("topic", "string", "Of this topic; a body with partitions, as for offsets:fetch, is taken too. Of nothing: of all that the instance has.", "readings"), Query("partition", "integer", "Of this partition.", "0")] },
        new("fetchCommittedOffsets", "POST", Instance + "/offsets:fetch", Tag, "What the group has committed of some partitions")
        {
            Bodies = [new(MediaTypes.V2, "ConsumerPartitions", Place)],
            Answers = [new(200, "The next offset to read; partitions without a commit are left out.", MediaTypes.V2, "CommittedOffsets")],
            Errors = [400, 403, 404, 415, 422, 503],
        },
        new("unsubscribe", "DELETE", Instance + "/subscription", Tag, "End a subscription, or an assignment") { Answers = [new(204, "It has neither any more.")], Errors = [403, 404, 503, 504] },
        Change("assign", "/assignments", "Assign partitions, past the group's members", Place, "ConsumerPartitions") with { Description = "Replaces the assignment before. Not while it is subscribed." },
        Get("getAssignments", "/assignments", "The partitions that the instance has", "ConsumerPartitions"),
        Change("seek", "/positions", "Move positions", """{"offsets": [{"topic": "readings", "partition": 0, "offset": 1}]}""", "Positions")
            with { Description = "The next poll begins there; nothing is committed. timestamps names times instead: the first record at or after it, or the end. Only of partitions that it has." },
        Change("seekToBeginning", "/positions/beginning", "Move positions to the first records", Place, "ConsumerPartitions"),
        Change("seekToEnd", "/positions/end", "Move positions behind the last records", Place, "ConsumerPartitions"),
        new("deleteConsumer", "DELETE", Instance, Tag, "Delete a consumer instance")
        {
            Description = "Commits first what the polls have given out, where it commits by itself, and leaves its group at once.",
            Answers = [new(204, "It is deleted.")],
            Errors = [403, 404, 503, 504],
        },
    ];

    private static Operation Poll => new("pollRecords", "GET", Instance + "/records", Tag, "Get what comes next")
    {
        Description = "Answers as soon as there is a record; joining the group is part of it. Of polls at the same time each record is given to one. As a stream one poll follows another; with Last-Event-ID "
            + "what came behind that event is given again.",
        Parameters =
        [
            Query("timeout", "integer", "How long to wait where there is no record, in ms: 1,000, at most 60,000 and consumer.request.timeout.ms. A stream ends when nothing has come for so long.", "500"),
            Query("max_bytes", "integer", "Of keys and values; one record is given however large it is."),
            Query("count", "integer", "At most so many records."),
            Header("Last-Event-ID", "Of a stream: go on behind this event."),
        ],
        Answers =
        [
            new(200, "Records in the format of the instance.", MediaTypes.BinaryV2, "FetchedRecords"),
            .. OperationsOfV2.StreamAnswers,
        ],
        Errors = [400, 403, 404, 406, 408, 409, 503, 504],
    };

    private static Operation Change(string id, string path, string summary, string example, string schema) => new(id, "POST", Instance + path, Tag, summary)
    {
        Bodies = [new(MediaTypes.V2, schema, example)],
        Answers = [new(204, "It is done.")],
        Errors = [400, 403, 404, 409, 415, 422, 503, 504],
    };

    private static Operation Get(string id, string path, string summary, string schema) => new(id, "GET", Instance + path, Tag, summary)
    {
        Answers = [new(200, "As asked for.", MediaTypes.V2, schema)],
        Errors = [403, 404, 406, 503],
    };
}
