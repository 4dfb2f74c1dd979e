using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Protocol.Partitioning;
using ManagedLog.Protocol.Records;

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
/// <param name="now">In ms since 1970.</param>
internal sealed class AppendPlan(Topic topic, double spread, long now)
{
    private readonly Dictionary<int, PartitionBatches> _batches = [];
    private readonly List<PlannedRecord> _records = [];
    private int _anyPartition = (int)(spread * topic.Partitions);

    public Topic Topic { get; private set; } = topic;

    /// <summary>No batch is made larger; by default what the topic allows.</summary>
    public int BatchBytes { get; init; } = topic.Config.MaxMessageBytes;

    /// <summary>The highest partition that a record asked for and the topic does not have; null: there was none. It may have grown since it was looked up.</summary>
    public int? MissingPartition { get; private set; }

    /// <summary>In the order of the request.</summary>
    public IReadOnlyList<PlannedRecord> Records => _records;

    public IReadOnlyDictionary<int, PartitionBatches> Batches => _batches;

    /// <summary>The timestamp of records that have none.</summary>
    public long Now => now;

    /// <summary>
    /// Places the record; where its partition does not exist, that is its own error, in its place. Otherwise an error says what is wrong with the record itself, and it
    /// is not in the plan: what the engine would refuse a whole batch for is found here, so that it spoils no other record.
    /// </summary>
    public ApiError? Add(in ProducedRecord record)
    {
        if (record.Partition is { } asked && (uint)asked >= (uint)Topic.Partitions)
        {
            MissingPartition = Math.Max(MissingPartition ?? 0, asked);
            AddFailed(FormErrors.UnknownPartition(Topic.Name, asked, Topic.Partitions));
            return null;
        }

        if (IsTooFarAhead(record.Timestamp))
            return FormErrors.TimestampTooFarAhead(Topic.Name, record.Timestamp);
        var partition = record.Partition ?? (record.Key is { } key ? MurmurHash2.PartitionFor(key.Span, Topic.Partitions) : AnyPartition(record));
        if (!_batches.TryGetValue(partition, out var batches))
            _batches.Add(partition, batches = new PartitionBatches(BatchBytes));
        if (!batches.TryAdd(record))
            return FormErrors.RecordTooLarge(Topic.Name, BatchBytes);
        _records.Add(new PlannedRecord(partition, batches.FinishedCount, batches.CurrentCount - 1, record.Timestamp, Error: null));
        return null;
    }

    /// <summary>Goes on with the same topic as it is described now; partitions only grow.</summary>
    public void Refresh(Topic newer) => Topic = newer;

    /// <summary>Holds a failed record's place in the order.</summary>
    public void AddFailed(ApiError error) => _records.Add(PlannedRecord.Failed(error));

    private bool IsTooFarAhead(long timestamp) =>
        timestamp > now && Topic.Config.TimestampType == TimestampType.CreateTime && timestamp - now > Topic.Config.MaxTimestampAhead.TotalMilliseconds;

    private int AnyPartition(in ProducedRecord record)
    {
        if (_batches.TryGetValue(_anyPartition, out var batches) && !batches.HasRoomFor(record))
            _anyPartition = (_anyPartition + 1) % Topic.Partitions;
        return _anyPartition;
    }
}
