using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Judging;

/// <summary>One fetch that was answered.</summary>
internal sealed record Read(ReadInvoked Invoked, ReadCompleted Completed)
{
    public IReadOnlyList<ReadRecord> Records => Completed.Records;

    public bool IsAnswered => Completed.Status == 200;

    /// <summary>Where the first record was due; null: not known.</summary>
    public long? Due => Invoked.FromTime is null ? Invoked.From ?? Completed.LogStart : null;

    /// <summary>The offsets that were passed over, from the first of each run on, up to its end.</summary>
    public IEnumerable<(long Offset, long End)> Gaps
    {
        get
        {
            var due = Due;
            foreach (var record in Records)
            {
                if (record.Offset > due)
                    yield return (due.Value, record.Offset);
                due = record.Offset + 1;
            }

            if (Completed.Next > due)
                yield return (due.Value, Completed.Next.Value);
        }
    }

    public override string ToString()
    {
        var from = Invoked.FromTime is { } time ? $"time {time}" : Invoked.From is { } offset ? $"offset {offset}" : "the earliest";
        return $"the read {Invoked.Op} of {Invoked.Reader} from {from} at instance {Invoked.Instance}";
    }
}
