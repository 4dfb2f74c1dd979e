using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>What a portal asks: summaries of topics and partitions, search, history, health.</summary>
internal static class InsightOperations
{
    private const string Insight = "/v3/clusters/{cluster}/insight";
    private const string Topics = Insight + "/topics";
    private const string Topic = Topics + "/{topic}";
    private const string Partition = Topic + "/partitions/{partition}";
    private const string Tag = "Insight";

    private static readonly IReadOnlyList<Parameter> Paging = Operations.Paging;

    private static readonly IReadOnlyList<Parameter> History =
    [
        Parameter.Query("from", "string", "Milliseconds since 1970 or ISO 8601; absent: an hour before to."),
        Parameter.Query("to", "string", "Exclusive; absent: now."),
        Parameter.Query("step", "integer", "In milliseconds; absent: what makes at most 300 steps.", "60000"),
    ];

    public static IEnumerable<Operation> All =>
    [
        Get("listTopicInsights", Topics, "Summaries of all topics", "ManagedLogTopicInsightList") with { Parameters = Paging, Errors = [400, 404] },
        Get("getTopicInsight", Topic, "Summary of a topic", "ManagedLogTopicInsight"),
        Get("listPartitionInsights", Topic + "/partitions", "Summaries of the partitions of a topic", "ManagedLogPartitionInsightList") with { Parameters = Paging, Errors = [400, 404] },
        Get("getPartitionInsight", Partition, "Summary of a partition", "ManagedLogPartitionInsight"),
        Get("listSegments", Partition + "/segments", "The segments of a partition", "ManagedLogSegmentList") with { Parameters = Paging, Errors = [400, 404] },
        Get("getTopicHistory", Topic + "/history", "What was done to a topic, in steps of time", "ManagedLogHistory") with { Parameters = History, Errors = [400, 404] },
        Get("getHistory", Insight + "/history", "What was done to all topics together, in steps of time", "ManagedLogHistory") with { Parameters = History, Errors = [400, 404] },
        Get("getClusterHealth", Insight + "/health", "What needs somebody's attention, as this instance sees it", "ManagedLogHealth"),
        new("searchRecords", "POST", Topic + "/search", Tag, "Search the records of a topic, one bounded step after another")
        {
            Description = "A record is found that is everything that is given. The answer says what was searched and why it stopped; next_page_token goes on.",
            Bodies = [new(MediaTypes.Json, "Search", """{"text": "room", "order": "newest", "max_matches": 10}""")],
            Answers = [new(200, "What was found in this step.", MediaTypes.Json, "ManagedLogSearchResult")],
            Errors = [400, 404, 415, 422],
        },
    ];

    private static Operation Get(string id, string path, string summary, string schema) => new(id, "GET", path, Tag, summary)
    {
        Answers = [new(200, "As asked for.", MediaTypes.Json, schema)],
        Errors = [404],
    };
}
