using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Judging;

/// <summary>One fetch that was answered.</summary>
internal sealed record Read(ReadInvoked Invoked, ReadCompleted Completed)
{
    public IReadOnlyList<ReadRecord> Records => Completed.Records;

    public bool IsAnswered => Completed.Status == 200;

    public override string ToString()
    {
        var from = Invoked.FromTime is { } time ? $"time {time}" : Invoked.From is { } offset ? $"offset {offset}" : "the earliest";
        return $"the read {Invoked.Op} of {Invoked.Reader} from {from} at instance {Invoked.Instance}";
    }
}
