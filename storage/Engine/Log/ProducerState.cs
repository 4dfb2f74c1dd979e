using System.Buffers.Binary;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Log;

/// <summary>
/// The last five batches of each producer of a partition: enough to recognise every retry of a producer that keeps at most five batches in flight (KIP-98,
/// KAFKA-5494). A pure function of the log: whoever applies the same batches in the same order has the same state, so it holds across instances, and every
/// instance can rebuild it from a snapshot and what follows.
/// </summary>
/// <remarks>
/// Time is log time, the largest timestamp applied so far, so that all instances forget a producer at the same batch. Ids that instances draw for batches without a
/// producer are passed over: those are recognised by reading the tail, within one append's time.
/// Not safe for concurrent use.
/// </remarks>
internal sealed class ProducerState(TimeSpan expiry)
{
    public const int BatchesKept = 5;
    public const int FormatVersion = 1;

    private const int HeaderBytes = 2 + 8 + 4;
    private const int EntryBytes = 8 + 2 + 8 + 1;
    private const int BatchBytes = 4 + 4 + 8 + 8;

    private readonly Dictionary<long, Entry> _producers = [];
    private readonly long _expiryMs = (long)expiry.TotalMilliseconds;
    private long _logTime = long.MinValue;

    public int Count => _producers.Count;

    /// <summary>What to do with a batch that would be appended next.</summary>
    public SequenceCheck Check(in RecordBatchHeader batch)
    {
        if (Find(batch.Producer.Id) is not { } entry)
            return batch.BaseSequence == 0 ? new SequenceCheck(SequenceVerdict.Next) : new SequenceCheck(SequenceVerdict.UnknownProducer);
        if (batch.Producer.Epoch < entry.Epoch)
            return new SequenceCheck(SequenceVerdict.StaleEpoch, Expected: entry.Epoch);
        if (batch.Producer.Epoch > entry.Epoch)
            return batch.BaseSequence == 0 ? new SequenceCheck(SequenceVerdict.Next) : new SequenceCheck(SequenceVerdict.OutOfOrder);
        foreach (var known in entry.Batches)
        {
            if (known.BaseSequence == batch.BaseSequence && known.LastSequence == BatchIdentity.Advance(batch.BaseSequence, batch.LastOffsetDelta))
                return new SequenceCheck(SequenceVerdict.Duplicate, known.BaseOffset, known.AppendTime);
        }

        var expected = BatchIdentity.Advance(entry.Batches[^1].LastSequence, 1);
        return batch.BaseSequence == expected ? new SequenceCheck(SequenceVerdict.Next) : new SequenceCheck(SequenceVerdict.OutOfOrder, Expected: expected);
    }

    /// <summary>Takes in a batch that stands in the log.</summary>
    public void Apply(in RecordBatchHeader batch)
    {
        _logTime = Math.Max(_logTime, batch.MaxTimestamp);
        if (batch.Producer.IsNone || InstanceProducer.Is(batch.Producer.Id) || batch.IsControl)
            return;
        if (!_producers.TryGetValue(batch.Producer.Id, out var entry) || entry.Epoch != batch.Producer.Epoch || IsExpired(entry))
            _producers[batch.Producer.Id] = entry = new Entry(batch.Producer.Epoch);
        entry.LogTime = _logTime;
        if (entry.Batches.Count == BatchesKept)
            entry.Batches.RemoveAt(0);
        var appendTime = batch.TimestampType == TimestampType.LogAppendTime ? batch.MaxTimestamp : -1;
        entry.Batches.Add(new Known(batch.BaseSequence, BatchIdentity.Advance(batch.BaseSequence, batch.LastOffsetDelta), batch.BaseOffset, appendTime));
    }

    /// <summary>Forgets producers that have expired. What <see cref="Check"/> answers does not depend on when this is called.</summary>
    public void Expire()
    {
        foreach (var (id, entry) in _producers)
        {
            if (IsExpired(entry))
                _producers.Remove(id);
        }
    }

    /// <summary>A snapshot: format 2 · log time 8 · producers 4, then each: id 8 · epoch 2 · log time 8 · batches 1, then each: first and last sequence 4 + 4 · base offset 8 · append time 8. Big-endian, by id.</summary>
    public byte[] Encode()
    {
        Expire();
        var bytes = new byte[HeaderBytes + _producers.Values.Sum(entry => EntryBytes + (entry.Batches.Count * BatchBytes))];
        BinaryPrimitives.WriteInt16BigEndian(bytes, FormatVersion);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(2), _logTime);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(10), _producers.Count);
        var at = HeaderBytes;
        foreach (var (id, entry) in _producers.OrderBy(pair => pair.Key))
        {
            var span = bytes.AsSpan(at);
            BinaryPrimitives.WriteInt64BigEndian(span, id);
            BinaryPrimitives.WriteInt16BigEndian(span[8..], entry.Epoch);
            BinaryPrimitives.WriteInt64BigEndian(span[10..], entry.LogTime);
            span[18] = (byte)entry.Batches.Count;
            at += EntryBytes;
            foreach (var batch in entry.Batches)
            {
                span = bytes.AsSpan(at);
                BinaryPrimitives.WriteInt32BigEndian(span, batch.BaseSequence);
                BinaryPrimitives.WriteInt32BigEndian(span[4..], batch.LastSequence);
                BinaryPrimitives.WriteInt64BigEndian(span[8..], batch.BaseOffset);
                BinaryPrimitives.WriteInt64BigEndian(span[16..], batch.AppendTime);
                at += BatchBytes;
            }
        }

        return bytes;
    }

    /// <summary>Null: not a snapshot of this format. Bounded by the input's length; never throws.</summary>
    public static ProducerState? Decode(ReadOnlySpan<byte> bytes, TimeSpan expiry)
    {
        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadInt16BigEndian(bytes) != FormatVersion)
            return null;
        var state = new ProducerState(expiry) { _logTime = BinaryPrimitives.ReadInt64BigEndian(bytes[2..]) };
        var producers = BinaryPrimitives.ReadInt32BigEndian(bytes[10..]);
        bytes = bytes[HeaderBytes..];
        if (producers < 0)
            return null;
        for (var i = 0; i < producers; i++)
        {
            if (bytes.Length < EntryBytes)
                return null;
            var id = BinaryPrimitives.ReadInt64BigEndian(bytes);
            var entry = new Entry(BinaryPrimitives.ReadInt16BigEndian(bytes[8..])) { LogTime = BinaryPrimitives.ReadInt64BigEndian(bytes[10..]) };
            var batches = bytes[18];
            bytes = bytes[EntryBytes..];
            if (batches is 0 or > BatchesKept || bytes.Length < batches * BatchBytes || !state._producers.TryAdd(id, entry))
                return null;
            for (var j = 0; j < batches; j++)
            {
                entry.Batches.Add(new Known(
                    BinaryPrimitives.ReadInt32BigEndian(bytes),
                    BinaryPrimitives.ReadInt32BigEndian(bytes[4..]),
                    BinaryPrimitives.ReadInt64BigEndian(bytes[8..]),
                    BinaryPrimitives.ReadInt64BigEndian(bytes[16..])));
                bytes = bytes[BatchBytes..];
            }
        }

        return bytes.IsEmpty ? state : null;
    }

    /// <summary>A copy that can be changed on its own: what the batches of one block would make of it.</summary>
    public ProducerState Copy() => Decode(Encode(), TimeSpan.FromMilliseconds(_expiryMs))!;

    private Entry? Find(long id) => _producers.TryGetValue(id, out var entry) && !IsExpired(entry) ? entry : null;

    private bool IsExpired(Entry entry) => _logTime - entry.LogTime > _expiryMs;

    private readonly record struct Known(int BaseSequence, int LastSequence, long BaseOffset, long AppendTime);

    private sealed class Entry(short epoch)
    {
        public short Epoch { get; } = epoch;

        public long LogTime { get; set; }

        public List<Known> Batches { get; } = new(BatchesKept);
    }
}
