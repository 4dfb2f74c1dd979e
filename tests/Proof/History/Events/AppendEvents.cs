using ManagedLog.Proof.Rest;

namespace ManagedLog.Proof.History.Events;

/// <summary>A request to append is about to be sent.</summary>
/// <param name="Op">Which; its completion has the same.</param>
/// <param name="Values">The records' labels (<see cref="Payload"/>), each written by no other send.</param>
internal sealed record AppendInvoked(long At, int Op, string Producer, ProducerKind Kind, int Instance, string Topic, int Partition, IReadOnlyList<string> Values)
    : HistoryEvent(At)
{
    /// <summary>The attempts of one send, to whatever instances, share it.</summary>
    public int Send { get; init; }

    /// <summary>Each record's key, where a topic is compacted; null: it is not.</summary>
    public IReadOnlyList<string>? Keys { get; init; }

    /// <summary>Records that were sent one after another in one request, but answered each by itself, share it.</summary>
    public int? Stream { get; init; }
}

/// <summary>The request is over for whoever sent it. An append without completion has an unknown outcome.</summary>
/// <param name="Offsets">One for each value where acknowledged, otherwise empty.</param>
/// <param name="Status">Of HTTP; 0 where there was no answer.</param>
/// <param name="Reason">Why it was not acknowledged.</param>
internal sealed record AppendCompleted(long At, int Op, ProduceOutcome Outcome, IReadOnlyList<long> Offsets, int Status, string? Reason) : HistoryEvent(At);
