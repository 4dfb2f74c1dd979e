using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Lets pass what may be appended next, by the producers' sequences: duplicates are answered as the original was, gaps and old epochs refused. Requests of one
/// block build on each other. Pure but for the answers that it gives.
/// </summary>
internal static class SequenceGate
{
    /// <summary>
    /// Takes answered requests out of <paramref name="block"/>. Those that repeat another one of the same block, whose outcome is not known yet, go to
    /// <paramref name="later"/>. False: what would be refused as a gap may follow on what another instance has appended since this one looked; look at the head
    /// and the tail, and ask again. Duplicates and old epochs are what they are however old the view is.
    /// </summary>
    /// <param name="isFresh">Head and tail were read since the requests came.</param>
    public static bool Pass(List<PendingAppend> block, ProducerState state, List<PendingAppend> later, bool isFresh)
    {
        if (!block.Exists(append => append.HasProducer))
            return true;
        var postponed = new List<PendingAppend>();
        var coming = new Dictionary<long, Coming>();
        var passed = new List<PendingAppend>(block.Count);
        foreach (var append in block)
        {
            if (!append.HasProducer || append.MayStand)
            {
                if (append.HasProducer)
                    Expect(append, coming);
                passed.Add(append);
                continue;
            }

            if (append.Headers.Any(header => coming.TryGetValue(header.Producer.Id, out var expected) && expected.Identities.Contains(header.Identity)))
            {
                postponed.Add(append);
                continue;
            }

            var verdict = Judge(append, state, coming);
            if (verdict.Verdict is SequenceVerdict.OutOfOrder or SequenceVerdict.UnknownProducer && !isFresh)
                return false;
            if (verdict.Verdict == SequenceVerdict.Next)
                passed.Add(append);
            else if (verdict.Verdict != SequenceVerdict.Duplicate)
                append.Fail(Refuse(verdict, append));
        }

        later.AddRange(postponed);
        block.Clear();
        block.AddRange(passed);
        return true;
    }

    /// <summary>
    /// Next: it, or what is left of it, is to be appended. Duplicate: all of it stands already, and it was answered so. Otherwise it is to be refused.
    /// </summary>
    private static SequenceCheck Judge(PendingAppend append, ProducerState state, Dictionary<long, Coming> coming)
    {
        var known = new List<AppendedBatch>();
        var own = new Dictionary<long, Coming>(coming);
        for (var i = 0; i < append.Headers.Length; i++)
        {
            var header = append.Headers[i];
            // A retry of what stands may come behind its successor.
            var check = state.Check(header);
            if (own.TryGetValue(header.Producer.Id, out var expected) && check.Verdict != SequenceVerdict.Duplicate)
                check = expected.Check(header.Producer.Epoch, header.BaseSequence);
            if (check.Verdict == SequenceVerdict.Duplicate && known.Count == i)
            {
                known.Add(new AppendedBatch(check.BaseOffset, check.Timestamp));
                continue;
            }

            if (check.Verdict != SequenceVerdict.Next)
                return check with { Batch = i, Verdict = check.Verdict == SequenceVerdict.Duplicate ? SequenceVerdict.OutOfOrder : check.Verdict };

            own[header.Producer.Id] = Coming.After(header, expected);
        }

        if (known.Count == append.Headers.Length)
        {
            append.SucceedAsBefore(known);
            return new SequenceCheck(SequenceVerdict.Duplicate);
        }

        if (known.Count > 0)
            append.PassOver(known);
        Expect(append, coming);
        return new SequenceCheck(SequenceVerdict.Next);
    }

    private static void Expect(PendingAppend append, Dictionary<long, Coming> coming)
    {
        foreach (var header in append.Headers)
        {
            coming.TryGetValue(header.Producer.Id, out var before);
            coming[header.Producer.Id] = Coming.After(header, before);
        }
    }

    private static Refusal Refuse(SequenceCheck check, PendingAppend append)
    {
        var header = append.Headers[check.Batch];
        var batch = $"{append.Subject}: the batch of producer {header.Producer.Id}, epoch {header.Producer.Epoch}, sequence {header.BaseSequence}";
        return check.Verdict switch
        {
            SequenceVerdict.StaleEpoch => new Refusal(
                ErrorCode.InvalidProducerEpoch, $"{batch} comes from an old epoch; the current one is {check.Expected}. Another producer has taken over this id: stop, or get a new id."),
            SequenceVerdict.UnknownProducer => new Refusal(
                ErrorCode.UnknownProducerId, $"{batch} is not its first and nothing is known of this producer here (any more). Get a new id, or a new epoch, and begin with sequence 0."),
            SequenceVerdict.OutOfOrder => new Refusal(
                ErrorCode.OutOfOrderSequenceNumber, $"{batch} does not follow on what stands; sequence {check.Expected} is expected. Send what is missing first."),
            SequenceVerdict.Next or SequenceVerdict.Duplicate => throw new ArgumentException("What may be appended, or stands, is not refused.", nameof(check)),
            _ => throw new ArgumentException($"No such verdict: {check.Verdict}", nameof(check)),
        };
    }

    /// <summary>What a producer will stand at once this block is appended.</summary>
    private sealed record Coming(short Epoch, int NextSequence, List<BatchIdentity> Identities)
    {
        public static Coming After(in Protocol.Records.RecordBatchHeader header, Coming? before) => new(
            header.Producer.Epoch,
            BatchIdentity.Advance(header.BaseSequence, header.LastOffsetDelta + 1),
            [.. before?.Identities ?? [], header.Identity]);

        public SequenceCheck Check(short epoch, int baseSequence) =>
            epoch < Epoch ? new SequenceCheck(SequenceVerdict.StaleEpoch, Expected: Epoch)
            : baseSequence == (epoch > Epoch ? 0 : NextSequence) ? new SequenceCheck(SequenceVerdict.Next)
            : new SequenceCheck(SequenceVerdict.OutOfOrder, Expected: epoch > Epoch ? 0 : NextSequence);
    }
}
