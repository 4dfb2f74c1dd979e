using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Which records stay when a segment is compacted: the last of each key as far as the keys are known, all behind that, and tombstones until their delete horizon. Decides
/// one batch after the other.
/// </summary>
/// <remarks>
/// A batch gets its delete horizon (KIP-534) in the pass that takes away all that its tombstones stand for, and only if the keys of all of it are known. The segments
/// before it have been taken by then. So wherever a horizon is set, no older record of the key is left, and a tombstone may go once it has passed, whoever finds it, in a
/// pass or between two.
/// </remarks>
internal sealed class CompactionRule
{
    private readonly OffsetMap? _keys;
    private readonly long _mapEnd;
    private readonly long _logStart;
    private readonly long _now;
    private readonly long _newHorizon;
    private readonly ProtocolRules _rules;
    private readonly RecordRetention _retains;
    private long? _horizon;

    /// <param name="keys">Of the offsets up to <paramref name="mapEnd"/> that were not compacted before. Null: only tombstones go.</param>
    /// <param name="now">By the storage service's clock, in ms since 1970, as <paramref name="newHorizon"/>, which batches get whose tombstones stay for the first time.</param>
    public CompactionRule(OffsetMap? keys, long mapEnd, long logStart, (long Now, long NewHorizon) times, ProtocolRules rules)
    {
        _keys = keys;
        _mapEnd = keys is null ? 0 : mapEnd;
        _logStart = logStart;
        (_now, _newHorizon) = times;
        _rules = rules;
        _retains = Retains;
    }

    /// <summary>What becomes of a whole batch; see <see cref="RecordBatchFilter.Filter"/>.</summary>
    public BatchChange Apply(in RecordBatchHeader header, ReadOnlyMemory<byte> batch, out ReadOnlyMemory<byte> filtered)
    {
        _horizon = header.DeleteHorizon;
        return RecordBatchFilter.Filter(batch, _retains, header.NextOffset <= _mapEnd ? _newHorizon : null, RecordLimits.MaxDecompressedBytes, out filtered);
    }

    private bool Retains(in RecordOutline record)
    {
        // Nobody may read it any more.
        if (record.Offset < _logStart)
            return false;
        if (record.IsTombstone && (_horizon <= _now || (!_rules.KeepTombstones && record.Offset < _mapEnd)))
            return false;
        if (record.Offset >= _mapEnd)
            return _keys is null || _rules.JudgeBelowMapEnd || !record.HasKey || _keys.Find(record.Key) >= record.Offset;
        return record.HasKey && _keys!.Find(record.Key) <= record.Offset;
    }
}
