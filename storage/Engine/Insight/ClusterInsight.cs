using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;

namespace ManagedLog.Engine.Insight;

/// <summary>
/// The questions that a portal asks about a log, each with bounded work: nothing here is looked at unless somebody asks, and nothing is changed.
/// </summary>
public sealed class ClusterInsight
{
    /// <summary>Partitions that one page of topics looks at, if its first topic has not more.</summary>
    public const int PagePartitions = 200;

    /// <summary>Topics of one page at most.</summary>
    public const int PageTopics = 100;

    private readonly TopicCatalog _topics;
    private readonly PartitionLook _look;
    private readonly MessageSearch _search;
    private readonly RateHistory _history;
    private readonly ClusterCheck _check;

    internal ClusterInsight(PartitionContext context, PartitionRegistry partitions, TopicCatalog topics, HousekeepingJournal journal)
    {
        _topics = topics;
        _look = new PartitionLook(context, partitions);
        _search = new MessageSearch(context, partitions);
        _history = new RateHistory(context, new ReportReader(context, partitions, topics), _look);
        _check = new ClusterCheck(context, partitions, topics, journal);
    }

    /// <summary>
    /// Topics in the order of their names, from the first behind <paramref name="after"/> (null: from the first). A page ends before it has looked at more than <see
    /// cref="PagePartitions"/>
    /// partitions, but holds at least one topic. Costs one query for each 1,000 topics, and what looking at the page's partitions takes. Refuses with
    /// KAFKA_STORAGE_ERROR.
    /// </summary>
    /// <param name="isShown">The others are passed over and not looked at.</param>
    public async ValueTask<Result<TopicInsightPage>> TopicsAsync(string? after, int maxTopics, Func<Topic, bool> isShown, CancellationToken cancellationToken)
    {
        var listed = await _topics.ListAsync(cancellationToken);
        if (listed.IsRefused)
            return listed.Refusal;
        var rest = listed.Value.Where(topic => (after is null || string.CompareOrdinal(topic.Name, after) > 0) && isShown(topic)).ToList();
        var page = PageOf(rest, Math.Clamp(maxTopics, 1, PageTopics));
        return new TopicInsightPage(await WithRatesAsync(await _look.TopicsAsync(page)), page.Count < rest.Count);
    }

    public async ValueTask<TopicInsight> TopicAsync(Topic topic, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return (await WithRatesAsync(await _look.TopicsAsync([topic])))[0];
    }

    /// <summary>Partitions from one on, at most as many as there are.</summary>
    public async ValueTask<IReadOnlyList<PartitionInsight>> PartitionsAsync(Topic topic, int from, int count, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await _look.PartitionsAsync(topic, from, Math.Clamp(count, 0, topic.Partitions - from));
    }

    /// <summary>The segments of a partition in offset order, the active one last; none where nothing was ever appended. Refuses with KAFKA_STORAGE_ERROR.</summary>
    public ValueTask<Result<IReadOnlyList<SegmentInsight>>> SegmentsAsync(Topic topic, int partition) => _look.SegmentsAsync(topic, partition);

    /// <summary>
    /// One step of a search, bounded by its limits. Where records with offsets below the log start stood before, it goes on at the log start. A range of times ends, as
    /// Kafka's
    /// look-up of offsets by times has it, in each partition before the first record at or after its end. Refuses with THROTTLING_QUOTA_EXCEEDED (other searches are
    /// under way here),
    /// CORRUPT_MESSAGE, KAFKA_STORAGE_ERROR, UNKNOWN_TOPIC_OR_PARTITION or INVALID_REQUEST.
    /// </summary>
    public ValueTask<Result<SearchResult>> SearchAsync(Topic topic, SearchRequest request, CancellationToken cancellationToken) =>
        _search.SearchAsync(topic, request, cancellationToken);

    /// <summary>
    /// What was done to a topic, or with null to all of them together, as instances have written it down. Answers at least one step; the rest is asked for from where it
    /// ended. Costs what a look at the topic takes, a look at the history's partition,
    /// 1 read for the index of each rewritten segment and 1 for each MiB. Refuses with KAFKA_STORAGE_ERROR or CORRUPT_MESSAGE.
    /// </summary>
    public ValueTask<Result<HistoryResult>> HistoryAsync(Topic? topic, HistoryRequest request) => _history.ReadAsync(topic, request);

    /// <summary>
    /// How this instance sees the cluster. Costs 2 row reads and 1 query for each 100 rows of due work, at most 11; 1 query for each 1,000 topics more when a partition
    /// is stopped. Never refuses: what cannot be learned is null.
    /// </summary>
    public ValueTask<ClusterHealth> HealthAsync() => _check.LookAsync();

    /// <summary>Without them where the history cannot be read: they are no reason to answer nothing.</summary>
    private async ValueTask<IReadOnlyList<TopicInsight>> WithRatesAsync(IReadOnlyList<TopicInsight> insights)
    {
        var recent = await _history.RecentAsync();
        return recent.IsRefused || recent.Value is not { } known ? insights : [.. insights.Select(insight => insight with { Rates = known.Of(insight.Topic.Id) })];
    }

    private static List<Topic> PageOf(List<Topic> rest, int maxTopics)
    {
        var page = new List<Topic>();
        var partitions = 0;
        foreach (var topic in rest)
        {
            partitions += topic.Partitions;
            if (page.Count == maxTopics || (page.Count > 0 && partitions > PagePartitions))
                break;
            page.Add(topic);
        }

        return page;
    }
}
