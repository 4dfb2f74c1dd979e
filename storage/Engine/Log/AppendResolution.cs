using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Settles what became of requests whose last try has an unknown outcome, from what was read since. Three answers: it stands; it does not and never will; not known yet.
/// </summary>
internal sealed class AppendResolution(ProtocolRules rules)
{
    private readonly List<PendingAppend> _block = [];
    private readonly List<PendingAppend> _begun = [];

    public IReadOnlyList<PendingAppend> Block => _block;

    public bool HasUnsettled => _block.Exists(append => append.MayStand);

    public void Begin(IEnumerable<PendingAppend> block)
    {
        _block.Clear();
        _block.AddRange(block);
    }

    /// <summary>Answers what the producers' sequences answer; see <see cref="SequenceGate"/>.</summary>
    public bool Pass(ProducerState producers, List<PendingAppend> later, bool isFresh) => SequenceGate.Pass(_block, producers, later, isFresh);

    /// <summary>
    /// From here on all of the block may stand. False: somebody's time ran out since the block was judged, and it has left; whoever follows on its sequence must be judged
    /// again, so nothing may be sent now.
    /// </summary>
    public bool BeginTry()
    {
        _begun.Clear();
        foreach (var append in _block)
        {
            var mayStand = append.MayStand;
            if (!append.TryBegin())
            {
                RefuteTry();
                _block.Remove(append);
                return false;
            }

            if (!mayStand)
                _begun.Add(append);
        }

        return true;
    }

    /// <summary>
    /// The service answered that this try did nothing. Of an earlier one with an unknown outcome that says nothing: whoever may stand by that still may.
    /// </summary>
    public void RefuteTry()
    {
        _begun.ForEach(append => append.Refute());
        _begun.Clear();
    }

    /// <summary>
    /// Lets go of those whose callers have had their answer: nobody waits for them any more. Not of one that may stand while a later batch of the same producer may too: what
    /// is tried again is then the same block, so that the later one never stands without it.
    /// </summary>
    public void DropAnswered()
    {
        for (var i = _block.Count - 1; i >= 0; i--)
        {
            if (_block[i].IsAnswered && !(_block[i].MayStand && IsFollowed(i)))
                _block.RemoveAt(i);
        }
    }

    private bool IsFollowed(int index) =>
        _block[index].HasProducer && _block.Skip(index + 1).Any(later => later.MayStand && later.Headers[0].Producer.Id == _block[index].Headers[0].Producer.Id);

    /// <summary>A try goes out now.</summary>
    public void Tried(SegmentId segment, long baseOffset, long position)
    {
        foreach (var append in _block)
        {
            append.TriedIn = segment;
            append.TriedBase = baseOffset;
            append.TriedAt = position;
            append.FoundOffset = -1;
        }
    }

    /// <summary>A batch that was read from the log: is it one of ours?</summary>
    public void Saw(SegmentId segment, RecordBatchHeader batch)
    {
        if (!rules.SettleByReading)
            return;
        foreach (var append in _block)
        {
            if (append.MayStand && append.TriedIn == segment && IsSame(append.Headers[0], batch))
            {
                append.FoundOffset = batch.BaseOffset;
                return;
            }
        }
    }

    /// <summary>
    /// Decides what can be decided. Answered requests leave the block. What was found in the active segment stands there, on the one replica; what was found in a segment
    /// that has ended stands if it is below the end that the chain gives (R7); a seal alone is not the end. Where compaction has merged that segment into another since, its
    /// end is not to be learnt any more, and the outcome stays unknown. What was not found cannot land any more once its position is taken.
    /// </summary>
    public void Settle(LogTail tail)
    {
        var active = tail.Active;
        for (var i = _block.Count - 1; i >= 0; i--)
        {
            var append = _block[i];
            if (!append.MayStand)
                continue;
            if (!rules.SettleByReading)
            {
                append.Refute();
                continue;
            }

            if (append.TriedIn == tail.Unreadable || IsMergedAway(append, tail.Chain))
            {
                append.GiveUpUnknown();
                _block.RemoveAt(i);
                continue;
            }

            var inActive = active is not null && append.TriedIn == active.Segment;
            if (append.FoundOffset >= 0 && (inActive ? !active!.IsSealed : StandsInEnded(append, tail.Chain)))
            {
                append.Succeed(append.FoundOffset);
                _block.RemoveAt(i);
            }
            else if (inActive ? append.FoundOffset < 0 && (active!.Position > append.TriedAt || active.IsSealed) : active is not null)
            {
                append.Refute();
                append.FoundOffset = -1;
            }
        }
    }

    /// <summary>Below the end that the chain gives its segment, or below the log start: then it stood until retention took it.</summary>
    private bool StandsInEnded(PendingAppend append, SegmentChain? chain) =>
        rules.TrustChainedEnd && chain is not null && append.FoundOffset < (chain.EndOf(append.TriedIn) ?? chain.Head.LogStartOffset);

    /// <summary>
    /// It was found, and the segment that holds its offset now begins before the one that it was found in: somewhere in between that one ended, or was given up for another.
    /// </summary>
    private static bool IsMergedAway(PendingAppend append, SegmentChain? chain) =>
        append.FoundOffset >= 0 && chain is not null && append.FoundOffset >= chain.Head.LogStartOffset && chain.EndOf(append.TriedIn) is null
        && append.TriedIn != chain.Head.Active.Segment && chain.Find(append.FoundOffset) is { } now && now.BaseOffset < append.TriedBase;

    private bool IsSame(in RecordBatchHeader mine, in RecordBatchHeader read) =>
        rules.StampIdentity ? mine.Identity == read.Identity : mine.Crc == read.Crc && mine.SizeInBytes == read.SizeInBytes;
}
