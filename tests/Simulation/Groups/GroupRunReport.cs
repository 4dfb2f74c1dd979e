using ManagedLog.Simulation.Judging;

namespace ManagedLog.Simulation.Groups;

/// <summary>What one run of groups found, and how much happened in it.</summary>
internal sealed record GroupRunReport(ulong Seed, string Broken, IReadOnlyList<Violation> Violations, Trace Trace, GroupRunFigures Figures)
{
    public bool IsClean => Violations.Count == 0;

    /// <summary>The one line that repeats the run, with all its lines.</summary>
    public string Repeat =>
        $"dotnet run --project tests/Simulation -c Release -- --groups --first {Seed} --seeds 1 --trace{(Broken == "none" ? "" : $" --break {Broken}")}";

    public override string ToString() => IsClean
        ? $"seed {Seed}: no violation ({Figures})"
        : $"seed {Seed}: {string.Join("; ", Violations.Take(3))}{(Violations.Count > 3 ? $"; and {Violations.Count - 3} more" : "")}\n  repeat: {Repeat}";
}
