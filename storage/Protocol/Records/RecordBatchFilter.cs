namespace ManagedLog.Protocol.Records;

/// <summary>
/// Takes records out of a batch, as Kafka's compaction does (MemoryRecords.filterTo): what is left keeps its offset, its timestamp and its bytes, and the batch its offsets
/// from first to last, its producer, sequence, leader epoch, timestamp type and codec. The record count, the largest timestamp (of those that keep their own) and the CRC are
/// those of what is left. Pure.
/// </summary>
public static class RecordBatchFilter
{
    /// <summary>Asks <paramref name="retains"/> of each record. Control batches stay as they are.</summary>
    /// <param name="batch">Exactly one batch. It is not changed, and may be the answer.</param>
    /// <param name="horizon">
    /// If a tombstone stays and the batch has no delete horizon yet, it gets this one. Null: it gets none. A horizon goes with the last tombstone.
    /// </param>
    /// <param name="maxDecompressedBytes">A batch that would become larger is <see cref="BatchChange.Unreadable"/>.</param>
    /// <param name="filtered">The batch afterwards; empty if nothing is left.</param>
    public static BatchChange Filter(ReadOnlyMemory<byte> batch, RecordRetention retains, long? horizon, int maxDecompressedBytes, out ReadOnlyMemory<byte> filtered)
    {
        filtered = batch;
        if (!RecordOutlineReader.TryOpen(batch, maxDecompressedBytes, out var reader, out _))
            return BatchChange.Unreadable;
        var header = reader.Header;
        if (header.IsControl)
            return BatchChange.None;
        var choice = new Choice(header.RecordCount);
        while (reader.TryReadNext(out var record))
            choice.Add(record, retains(record), reader.Bounds);
        if (reader.Defect != BatchDefect.None)
            return BatchChange.Unreadable;

        var wanted = choice.HasTombstone ? header.DeleteHorizon ?? horizon : null;
        if (choice.Count == header.RecordCount && wanted == header.DeleteHorizon && header.RecordCount > 0)
            return BatchChange.None;
        if (choice.Count == 0)
        {
            filtered = default;
            return BatchChange.Emptied;
        }

        var rebuilt = Build(reader, choice, wanted);
        if (rebuilt.Length > RecordBatchCheck.MaxSizeInBytes)
            return BatchChange.None;
        filtered = rebuilt;
        return BatchChange.Rebuilt;
    }

    private static Memory<byte> Build(RecordOutlineReader reader, Choice choice, long? horizon)
    {
        var header = reader.Header;
        var baseTimestamp = horizon ?? (header.DeleteHorizon is null || header.TimestampType == TimestampType.LogAppendTime ? header.BaseTimestamp : choice.FirstTimestamp);
        var batch = horizon == header.DeleteHorizon ? Copy(reader, choice) : Rebase(reader, choice, baseTimestamp);
        var codec = CompressionCodec.None;
        if (header.Codec != CompressionCodec.None && Compression.TryCompress(header.Codec, batch.Span[RecordBatchHeader.Size..], RecordBatchHeader.Size, out var compressed))
        {
            codec = header.Codec;
            batch = compressed;
        }

        var attributes = (header.Attributes & ~(RecordBatchHeader.CompressionMask | RecordBatchHeader.DeleteHorizonBit))
            | (int)codec | (horizon is null ? 0 : RecordBatchHeader.DeleteHorizonBit);
        (header with
        {
            SizeInBytes = batch.Length,
            Attributes = (short)attributes,
            BaseTimestamp = baseTimestamp,
            MaxTimestamp = header.TimestampType == TimestampType.LogAppendTime ? header.MaxTimestamp : choice.MaxTimestamp,
            RecordCount = choice.Count,
        }).Write(batch.Span);
        RecordBatchPatch.SealCrc(batch.Span);
        return batch;
    }

    /// <summary>The base timestamp stays, and with it every byte of a record.</summary>
    private static Memory<byte> Copy(RecordOutlineReader reader, Choice choice)
    {
        var batch = GC.AllocateUninitializedArray<byte>(RecordBatchHeader.Size + choice.Bytes);
        var at = RecordBatchHeader.Size;
        reader.Rewind();
        for (var i = 0; reader.TryReadNext(out _); i++)
        {
            if (!choice.Keeps(i))
                continue;
            var bytes = reader.Records[reader.Bounds];
            bytes.CopyTo(batch.AsSpan(at));
            at += bytes.Length;
        }

        return batch;
    }

    /// <summary>Each timestamp is written again, relative to the new base. Differences may wrap around, and then come back to what they were when they are added.</summary>
    private static Memory<byte> Rebase(RecordOutlineReader reader, Choice choice, long baseTimestamp)
    {
        var shift = unchecked(reader.Header.BaseTimestamp - baseTimestamp);
        var batch = GC.AllocateUninitializedArray<byte>(RecordBatchHeader.Size + choice.Bytes + (choice.Count * (Varint.MaxSize32 + Varint.MaxSize64)));
        var at = RecordBatchHeader.Size;
        reader.Rewind();
        for (var i = 0; reader.TryReadNext(out _); i++)
        {
            if (!choice.Keeps(i))
                continue;
            var records = reader.Records;
            var position = reader.TimestampBounds.Start.Value;
            var attributes = records[position - 1];
            Varint.TryRead(records, ref position, out long delta);
            delta = unchecked(delta + shift);
            var rest = records[position..reader.Bounds.End.Value];
            at += Varint.Write(batch.AsSpan(at), 1 + Varint.SizeOf(delta) + rest.Length);
            batch[at++] = attributes;
            at += Varint.Write(batch.AsSpan(at), delta);
            rest.CopyTo(batch.AsSpan(at));
            at += rest.Length;
        }

        return batch.AsMemory(0, at);
    }

    /// <summary>Which records stay, and what is to be known of them.</summary>
    private sealed class Choice(int records)
    {
        private readonly ulong[] _kept = new ulong[(records + 63) / 64];
        private int _seen;

        public int Count { get; private set; }

        public int Bytes { get; private set; }

        public bool HasTombstone { get; private set; }

        public long FirstTimestamp { get; private set; }

        public long MaxTimestamp { get; private set; } = long.MinValue;

        public void Add(in RecordOutline record, bool stays, Range bounds)
        {
            var i = _seen++;
            if (!stays)
                return;
            _kept[i / 64] |= 1UL << (i % 64);
            if (Count++ == 0)
                FirstTimestamp = record.Timestamp;
            Bytes += bounds.End.Value - bounds.Start.Value;
            HasTombstone |= record.IsTombstone;
            MaxTimestamp = Math.Max(MaxTimestamp, record.Timestamp);
        }

        public bool Keeps(int i) => (_kept[i / 64] & (1UL << (i % 64))) != 0;
    }
}
