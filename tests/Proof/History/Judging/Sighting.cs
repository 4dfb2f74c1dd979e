using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Judging;

/// <summary>A record as one read showed it.</summary>
internal sealed record Sighting(ReadRecord Record, Read Read);
