namespace ManagedLog.Simulation.Judging;

/// <summary>An invariant of the log that did not hold, by its number in the protocol, and what was found.</summary>
internal sealed record Violation(string Invariant, string Finding)
{
    public override string ToString() => $"{Invariant}: {Finding}";
}
