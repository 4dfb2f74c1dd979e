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

    internal ClusterInsight(PartitionContext context, PartitionRegistry partitions, TopicCatalog topics)
    {
        _topics = topics;
        _look = new PartitionLook(context, partitions);
        _search = new MessageSearch(context, partitions);
    }

    /// <summary>
    /// Topics in the order of their names, from the first behind <paramref name="after"/> (null: from the first). A page ends before it has looked at more than <see cref="PagePartitions"/>
    /// partitions, but holds at least one topic. Costs one query for each 1,000 topics, and what looking at the page's partitions takes. Refuses with KAFKA_STORAGE_ERROR.
    /// </summary>
    public async ValueTask<Result<TopicInsightPage>> TopicsAsync(string? after, int maxTopics, CancellationToken cancellationToken)
    {
        var listed = await _topics.ListAsync(cancellationToken);
        if (listed.IsRefused)
            return listed.Refusal;
        var rest = listed.Value.Where(topic => after is null || string.CompareOrdinal(topic.Name, after) > 0).ToList();
        var page = PageOf(rest, Math.Clamp(maxTopics, 1, PageTopics));
        return new TopicInsightPage(await _look.TopicsAsync(page), page.Count < rest.Count);
    }

    public async ValueTask<TopicInsight> TopicAsync(Topic topic, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return (await _look.TopicsAsync([topic]))[0];
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
    /// One step of a search, bounded by its limits. Where records with offsets below the log start stood before, it goes on at the log start. A range of times ends, as Kafka's
    /// look-up of offsets by times has it, in each partition before the first record at or after its end. Refuses with THROTTLING_QUOTA_EXCEEDED (other searches are under way here),
    /// CORRUPT_MESSAGE, KAFKA_STORAGE_ERROR, UNKNOWN_TOPIC_OR_PARTITION or INVALID_REQUEST.
    /// </summary>
    public ValueTask<Result<SearchResult>> SearchAsync(Topic topic, SearchRequest request, CancellationToken cancellationToken) =>
        _search.SearchAsync(topic, request, cancellationToken);

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
