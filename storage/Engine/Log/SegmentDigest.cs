using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Checks the batches of one segment as their bytes come by, in pieces cut anywhere, and gathers what is to be said of them. Needs no batch in memory as a whole: what it
/// holds is one header and the index. After a defect it takes nothing more.
/// </summary>
/// <param name="mayHaveGaps">Compaction has been over them: offsets increase, but need not follow on each other.</param>
internal sealed class SegmentDigest(long baseOffset, bool mayHaveGaps = false)
{
    private readonly byte[] _header = new byte[RecordBatchHeader.Size];
    private RecordBatchHeader _batch;
    private int _headerBytes;
    private int _bodyBytes;
    private uint _batchCrc;
    private uint _crc = uint.MaxValue;

    /// <summary>Positions count from the first byte that was added.</summary>
    public OffsetIndex Index { get; } = new(baseOffset, 0);

    public long Bytes { get; private set; }

    public long NextOffset { get; private set; } = baseOffset;

    public long MaxTimestamp { get; private set; } = -1;

    public int LastLeaderEpoch { get; private set; }

    public long BatchCount { get; private set; }

    public long RecordCount { get; private set; }

    /// <summary>CRC-32C of all bytes so far.</summary>
    public uint Crc => ~_crc;

    /// <summary>The bytes so far are whole batches.</summary>
    public bool IsAtBoundary => _headerBytes == 0;

    /// <summary>What is wrong with the bytes so far, and at which of them; null: nothing.</summary>
    public string? Defect { get; private set; }

    /// <summary>False: there is a <see cref="Defect"/>.</summary>
    public bool TryAdd(ReadOnlySpan<byte> bytes)
    {
        if (Defect is not null)
            return false;
        _crc = Crc32C.Append(_crc, bytes);
        while (!bytes.IsEmpty)
        {
            var taken = _headerBytes < RecordBatchHeader.Size ? TakeHeader(bytes) : TakeBody(bytes);
            if (Defect is not null)
                return false;
            bytes = bytes[taken..];
            Bytes += taken;
            if (_headerBytes == RecordBatchHeader.Size && _bodyBytes == 0 && !TryEndBatch())
                return false;
        }

        return true;
    }

    private int TakeHeader(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(RecordBatchHeader.Size - _headerBytes, bytes.Length);
        bytes[..taken].CopyTo(_header.AsSpan(_headerBytes));
        _headerBytes += taken;
        if (_headerBytes == RecordBatchHeader.Size)
            BeginBatch(Bytes + taken - RecordBatchHeader.Size);
        return taken;
    }

    private int TakeBody(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(_bodyBytes, bytes.Length);
        _batchCrc = Crc32C.Append(_batchCrc, bytes[..taken]);
        _bodyBytes -= taken;
        return taken;
    }

    private void BeginBatch(long position)
    {
        RecordBatchHeader.TryRead(_header, out _batch);
        var defect = RecordBatchCheck.CheckHeader(_batch);
        Defect = defect != BatchDefect.None ? $"no sound batch begins at byte {position} of the batches ({defect})"
            : _batch.BaseOffset < NextOffset || (_batch.BaseOffset > NextOffset && !mayHaveGaps) ? $"a batch of offset {_batch.BaseOffset} stands at byte {position} of the batches, where offset {NextOffset} belongs"
            : _batch.LeaderEpoch < LastLeaderEpoch ? $"leader epoch {_batch.LeaderEpoch} follows {LastLeaderEpoch} at byte {position} of the batches"
            : null;
        if (Defect is not null)
            return;
        _bodyBytes = _batch.SizeInBytes - RecordBatchHeader.Size;
        _batchCrc = Crc32C.Append(uint.MaxValue, _header.AsSpan(RecordBatchHeader.CrcStart));
        Index.Add(_batch.BaseOffset, position, _batch.SizeInBytes, _batch.MaxTimestamp);
    }

    private bool TryEndBatch()
    {
        _headerBytes = 0;
        if (~_batchCrc != _batch.Crc)
        {
            Defect = $"the batch of offset {_batch.BaseOffset} has another CRC than it says";
            return false;
        }

        NextOffset = _batch.NextOffset;
        LastLeaderEpoch = _batch.LeaderEpoch;
        MaxTimestamp = Math.Max(MaxTimestamp, _batch.MaxTimestamp);
        BatchCount++;
        RecordCount += _batch.RecordCount;
        return true;
    }
}
