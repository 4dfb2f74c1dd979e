using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.Produce;

/// <summary>The batches that one request makes for one partition, none larger than the topic allows.</summary>
internal sealed class PartitionBatches(int maxBatchBytes)
{
    private readonly List<Memory<byte>> _finished = [];
    private RecordBatchBuilder _builder = new();

    /// <summary>Batches finished so far; also the index of the one that grows now.</summary>
    public int FinishedCount => _finished.Count;

    public int CurrentCount => _builder.Count;

    /// <summary>The one that grows now counted.</summary>
    public int BatchCount => _finished.Count + (_builder.Count > 0 ? 1 : 0);

    /// <summary>Whether it goes into the batch that grows now.</summary>
    public bool HasRoomFor(in ProducedRecord record) => (long)_builder.SizeInBytes + SizeOf(record) <= maxBatchBytes;

    /// <summary>Copies the record in. False, and nothing changed: the record is too large for a batch of its own.</summary>
    public bool TryAdd(in ProducedRecord record)
    {
        var size = SizeOf(record);
        if (_builder.Count > 0 && (long)_builder.SizeInBytes + size > maxBatchBytes)
            _finished.Add(_builder.Build());
        if ((long)RecordBatchHeader.Size + size > maxBatchBytes)
            return TryAddLarge(record, size);
        Add(record);
        return true;
    }

    /// <summary>All batches, the growing one finished.</summary>
    public IReadOnlyList<Memory<byte>> Build()
    {
        if (_builder.Count > 0)
            _finished.Add(_builder.Build());
        return _finished;
    }

    /// <summary>The size was an upper bound: only a batch with this record alone tells.</summary>
    private bool TryAddLarge(in ProducedRecord record, int size)
    {
        if (size > RecordBatchCheck.MaxSizeInBytes - RecordBatchHeader.Size)
            return false;
        Add(record);
        if (_builder.SizeInBytes <= maxBatchBytes)
            return true;
        _builder = new RecordBatchBuilder();
        return false;
    }

    private static int SizeOf(in ProducedRecord record) => RecordBatchBuilder.SizeOf(record.Key, record.Value, record.Headers);

    private void Add(in ProducedRecord record) => _builder.Add(record.Timestamp, record.Key, record.Value, record.Headers);
}
