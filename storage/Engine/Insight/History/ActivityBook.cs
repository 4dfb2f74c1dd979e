using System.Collections.Concurrent;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Insight;

/// <summary>
/// Counts what this instance does to each topic. Nothing is written by counting. Operations are counted below the retries, because each try is paid for; those on the
/// rows of topics themselves are
/// nobody's.
/// </summary>
internal sealed class ActivityBook(TimeProvider time)
{
    private readonly ConcurrentDictionary<TopicId, TopicActivity> _topics = new();
    private long _since;

    /// <summary>When records were first moved, or groups first committed something new, since the last report, in ms since 1970; null: none were.</summary>
    public long? Since => Volatile.Read(ref _since) is > 0 and var since ? since : null;

    public IEnumerable<KeyValuePair<TopicId, TopicActivity>> Topics => _topics;

    /// <summary>A report of all until now is begun.</summary>
    public void Begin() => Volatile.Write(ref _since, 0);

    /// <summary>Records and bytes of batches, before they are handed to the log.</summary>
    public static (long Records, long Bytes) SizeOf(AppendRequest request)
    {
        var size = (Records: 0L, Bytes: 0L);
        foreach (var batch in request.Batches)
        {
            if (RecordBatchHeader.TryRead(batch.Span, out var header))
                size = (size.Records + header.RecordCount, size.Bytes + batch.Length);
        }

        return size;
    }

    public void Produced(Topic topic, int partition, (long Records, long Bytes) size)
    {
        Of(topic).Produced(partition, size.Records, size.Bytes);
        Note();
    }

    /// <summary>Whole batches, as they are given out.</summary>
    public void Fetched(Topic topic, FetchResult fetched)
    {
        if (fetched.Batches.Count == 0)
            return;
        var (records, bytes) = (0L, 0L);
        foreach (var batch in fetched.Batches)
        {
            if (RecordBatchHeader.TryRead(batch.Span, out var header))
                (records, bytes) = (records + header.RecordCount, bytes + batch.Length);
        }

        Of(topic).Fetched(records, bytes);
        Note();
    }

    /// <param name="offset">Null: what was committed was deleted.</param>
    /// <param name="logEnd">As this instance knows it; null: it does not.</param>
    public void Committed(GroupId group, GroupPartition partition, long? offset, long? logEnd)
    {
        if (Topic.IsInternalName(partition.Topic))
            return;
        var commit = new CommitGauge(
            group.Value, partition.Partition, offset ?? CommitGauge.Forgotten, logEnd ?? -1, time.GetUtcNow().ToUnixTimeMilliseconds());
        if (Of(partition.TopicId, partition.Topic).Commits.Note(commit))
            Note();
    }

    public void Called(in StorageCall call)
    {
        if (call.Target == StorageLayout.PartitionsTable)
        {
            if (Find(call.Key) is { } rows)
                rows.UsedTable();
        }
        else if (Find(call.Target) is { } blobs)
        {
            if (call.Verb is StorageVerb.ReadRange or StorageVerb.GetBlob or StorageVerb.DeleteBlob)
                blobs.ReadBlob();
            else
                blobs.WroteBlob();
        }
    }

    private TopicActivity Of(Topic topic) => Of(topic.Id, topic.Name);

    private TopicActivity Of(TopicId id, string name)
    {
        var activity = _topics.GetOrAdd(id, static _ => new TopicActivity());
        activity.Name ??= name;
        return activity;
    }

    /// <summary>Blobs of a topic and the rows of its partitions begin with its id.</summary>
    private TopicActivity? Find(string name) =>
        name.Length > 32 && name[32] is '/' or '-' && Guid.TryParseExact(name.AsSpan(0, 32), "N", out var id)
            ? _topics.GetOrAdd(new TopicId(id), static _ => new TopicActivity())
            : null;

    private void Note()
    {
        if (Volatile.Read(ref _since) == 0)
            Interlocked.CompareExchange(ref _since, time.GetUtcNow().ToUnixTimeMilliseconds(), 0);
    }
}
