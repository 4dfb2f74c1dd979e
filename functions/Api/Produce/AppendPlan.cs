using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Protocol.Partitioning;

namespace ManagedLog.Functions.Api.Produce;

/// <summary>
/// What one request (or one stretch of a stream) appends to one topic: every record in the order of the request, and the batches that they are in. Nothing is
/// appended before all of it is built. Not for several threads at once.
/// </summary>
/// <remarks>
/// A record without partition goes where its key hashes to, as Kafka's producers do it; one without key goes where the last such record went, until that partition's
/// batch is full, then to the next partition.
/// </remarks>
/// <param name="spread">0 ≤ value &lt; 1: where records without partition and key begin.</param>
internal sealed class AppendPlan(Topic topic, double spread)
{
    private readonly Dictionary<int, PartitionBatches> _batches = [];
    private readonly List<PlannedRecord> _records = [];
    private int _anyPartition = (int)(spread * topic.Partitions);

    public Topic Topic { get; private set; } = topic;

    /// <summary>The highest partition that a record asked for and the topic does not have; null: there was none. It may have grown since it was looked up.</summary>
    public int? MissingPartition { get; private set; }

    /// <summary>In the order of the request.</summary>
    public IReadOnlyList<PlannedRecord> Records => _records;

    public IReadOnlyDictionary<int, PartitionBatches> Batches => _batches;

    /// <summary>Places the record; where its partition does not exist, that is its own error. False: it is larger than the topic takes, and in the plan it is not.</summary>
    public bool TryAdd(in ProducedRecord record)
    {
        if (record.Partition is { } asked && (uint)asked >= (uint)Topic.Partitions)
        {
            MissingPartition = Math.Max(MissingPartition ?? 0, asked);
            AddFailed(FormErrors.UnknownPartition(Topic.Name, asked, Topic.Partitions));
            return true;
        }

        var partition = record.Partition ?? (record.Key is { } key ? MurmurHash2.PartitionFor(key.Span, Topic.Partitions) : AnyPartition(record));
        if (!_batches.TryGetValue(partition, out var batches))
            _batches.Add(partition, batches = new PartitionBatches(Topic.Config.MaxMessageBytes));
        if (!batches.TryAdd(record))
            return false;
        _records.Add(new PlannedRecord(partition, batches.FinishedCount, batches.CurrentCount - 1, record.Timestamp, Error: null));
        return true;
    }

    /// <summary>Goes on with the same topic as it is described now; partitions only grow.</summary>
    public void Refresh(Topic newer) => Topic = newer;

    /// <summary>Holds a failed record's place in the order.</summary>
    public void AddFailed(ApiError error) => _records.Add(PlannedRecord.Failed(error));

    private int AnyPartition(in ProducedRecord record)
    {
        if (_batches.TryGetValue(_anyPartition, out var batches) && !batches.HasRoomFor(record))
            _anyPartition = (_anyPartition + 1) % Topic.Partitions;
        return _anyPartition;
    }
}
