using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Workload;

/// <summary>Records that go to one partition, by one attempt or several.</summary>
internal sealed record Send(int Number, string Producer, ProducerKind Kind, HistoryTarget Target, IReadOnlyList<Payload> Records);
