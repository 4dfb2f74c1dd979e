using System.Buffers;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Protocol.Records;

/// <summary>
/// Makes record batches, one after another: <see cref="Add"/> copies each record into one growing buffer, <see cref="Build"/> hands the finished
/// batch over and begins the next. Not for several threads at once.
/// </summary>
/// <param name="codec">A batch that compression does not make smaller is left uncompressed and says so in its attributes.</param>
/// <param name="type">What the attributes say of the timestamps; the log sets append time itself (<see cref="RecordBatchPatch.SetAppendTime"/>).</param>
public sealed class RecordBatchBuilder(CompressionCodec codec = CompressionCodec.None, TimestampType type = TimestampType.CreateTime)
{
    private const int MinCapacity = 1024;
    private const int MaxGuessedCapacity = 1024 * 1024;
    private const int NoSequence = -1;
    private const int NoLeaderEpoch = -1;

    private readonly CompressionCodec _codec = Compression.IsSupported(codec)
        ? codec
        : throw new ArgumentOutOfRangeException(nameof(codec), codec, "Not a codec that this log writes.");

    private byte[] _buffer = [];

    /// <summary>The next batch is likely to take what the last one took.</summary>
    private int _guessedCapacity = MinCapacity;
    private long _baseTimestamp;
    private long _maxTimestamp;

    /// <summary>Sets the transactional bit (KIP-98) of every batch.</summary>
    public bool IsTransactional { get; init; }

    /// <summary>Sets the control bit (KIP-98) of every batch: its records are <see cref="ControlRecord"/>s, which no application sees.</summary>
    public bool IsControl { get; init; }

    /// <summary>Records added since the last <see cref="Build"/>.</summary>
    public int Count { get; private set; }

    /// <summary>The batch in bytes if it were built now, before compression, which never makes it larger.</summary>
    public int SizeInBytes { get; private set; } = RecordBatchHeader.Size;

    /// <summary>At most so many bytes does one such record add to a batch, whatever its timestamp and place (<see cref="int.MaxValue"/>: more than any batch holds).</summary>
    public static int SizeOf(ReadOnlyMemory<byte>? key, ReadOnlyMemory<byte>? value, IReadOnlyList<RecordHeader> headers) =>
        (int)Math.Min(int.MaxValue, RecordEncoding.MaxSizeOf(key, value, headers));

    /// <summary>
    /// Copies one record in. The first one's timestamp is the batch's base timestamp. Null is absent; beware that C# converts a null <c>byte[]</c> to an empty memory, not to null.
    /// </summary>
    /// <exception cref="ArgumentException">More than <see cref="RecordLimits.MaxHeaders"/> headers, or the batch would pass <see cref="RecordBatchCheck.MaxSizeInBytes"/>. The batch is as before.</exception>
    public void Add(long timestamp, ReadOnlyMemory<byte>? key, ReadOnlyMemory<byte>? value, IReadOnlyList<RecordHeader> headers)
    {
        if (headers.Count > RecordLimits.MaxHeaders)
            throw new ArgumentException($"A record has at most {RecordLimits.MaxHeaders} headers, this one has {headers.Count}.", nameof(headers));
        var timestampDelta = Count == 0 ? 0 : timestamp - _baseTimestamp;
        var sizeOfBody = RecordEncoding.SizeOfBody(timestampDelta, Count, RecordEncoding.SizeOfContent(key, value, headers));
        var size = SizeInBytes + Varint.SizeOf(sizeOfBody) + sizeOfBody;
        if (size > RecordBatchCheck.MaxSizeInBytes)
            throw new ArgumentException($"A batch holds at most {RecordBatchCheck.MaxSizeInBytes} bytes, this record would make it {size}.", nameof(value));

        MakeRoom((int)size);
        RecordEncoding.Write(_buffer.AsSpan(SizeInBytes), (int)sizeOfBody, timestampDelta, Count, (key, value, headers));
        SizeInBytes = (int)size;
        _maxTimestamp = Count == 0 ? timestamp : Math.Max(_maxTimestamp, timestamp);
        if (Count == 0)
            _baseTimestamp = timestamp;
        Count++;
    }

    /// <summary>
    /// Ends the batch: base offset 0, no leader epoch, no producer, its CRC set. The memory is the caller's, the builder has let go of it and is empty again.
    /// </summary>
    /// <exception cref="InvalidOperationException">No record was added.</exception>
    public Memory<byte> Build()
    {
        if (Count == 0)
            throw new InvalidOperationException("A record batch has at least one record.");
        var batch = TakeBatch(out var usedCodec);
        new RecordBatchHeader
        {
            SizeInBytes = batch.Length,
            LeaderEpoch = NoLeaderEpoch,
            Magic = RecordBatchHeader.CurrentMagic,
            Attributes = Attributes(usedCodec),
            LastOffsetDelta = Count - 1,
            BaseTimestamp = _baseTimestamp,
            MaxTimestamp = _maxTimestamp,
            Producer = ProducerIdentity.None,
            BaseSequence = NoSequence,
            RecordCount = Count,
        }.Write(batch.Span);
        RecordBatchPatch.SealCrc(batch.Span);
        _guessedCapacity = Math.Clamp(SizeInBytes, MinCapacity, MaxGuessedCapacity);
        Count = 0;
        SizeInBytes = RecordBatchHeader.Size;
        return batch;
    }

    /// <summary>Header's room and records: the buffer itself, or a smaller copy with compressed records, for which the buffer stays for the next batch.</summary>
    private Memory<byte> TakeBatch(out CompressionCodec usedCodec)
    {
        var uncompressed = _buffer.AsMemory(0, SizeInBytes);
        if (_codec != CompressionCodec.None && Compression.TryCompress(_codec, uncompressed.Span[RecordBatchHeader.Size..], RecordBatchHeader.Size, out var compressed))
        {
            usedCodec = _codec;
            return compressed;
        }

        usedCodec = CompressionCodec.None;
        _buffer = [];
        return uncompressed;
    }

    private short Attributes(CompressionCodec usedCodec) => (short)((int)usedCodec
        | (type == TimestampType.LogAppendTime ? RecordBatchHeader.AppendTimeBit : 0)
        | (IsTransactional ? RecordBatchHeader.TransactionalBit : 0)
        | (IsControl ? RecordBatchHeader.ControlBit : 0));

    private void MakeRoom(int size)
    {
        if (size <= _buffer.Length)
            return;
        var larger = GC.AllocateUninitializedArray<byte>(Math.Max(size, Math.Max(_guessedCapacity, _buffer.Length * 2)));
        _buffer.AsSpan(0, Math.Min(_buffer.Length, SizeInBytes)).CopyTo(larger);
        _buffer = larger;
    }
}
