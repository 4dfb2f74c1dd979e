using ManagedLog.Simulation.Judging;

namespace ManagedLog.Simulation;

/// <summary>What one run found, and how much happened in it.</summary>
/// <param name="Mode">What the command line needs to simulate the same: nothing, or an option.</param>
internal sealed record RunReport<TFigures>(ulong Seed, string Mode, string Broken, IReadOnlyList<Violation> Violations, Trace Trace, TFigures Figures)
{
    public bool IsClean => Violations.Count == 0;

    /// <summary>The one line that repeats the run, with all its lines.</summary>
    public string Repeat =>
        $"dotnet run --project tests/Simulation -c Release --{(Mode.Length == 0 ? "" : $" {Mode}")} --first {Seed} --seeds 1 --trace{(Broken == "none" ? "" : $" --break {Broken}")}";

    /// <summary>Whether it shows what is looked for: the symptom of a rule that was left out; with none, any violation.</summary>
    public bool Shows(string symptom) => symptom.Length == 0 ? !IsClean : Violations.Any(violation => violation.Invariant == symptom);

    public override string ToString() => IsClean
        ? $"seed {Seed}: no violation ({Figures})"
        : $"seed {Seed}: {string.Join("; ", Violations.Take(3))}{(Violations.Count > 3 ? $"; and {Violations.Count - 3} more" : "")}\n  repeat: {Repeat}";
}
