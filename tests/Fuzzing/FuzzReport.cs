using System.Globalization;

namespace ManagedLog.Fuzzing;

/// <summary>What came of some runs. Largest: the most that one run of each target allocated, in bytes.</summary>
internal sealed record FuzzReport(long Runs, TimeSpan Elapsed, IReadOnlyDictionary<string, (long Runs, long Largest)> Targets, IReadOnlyList<FuzzFailure> Failures)
{
    public override string ToString()
    {
        var lines = Targets.Select(target => string.Create(CultureInfo.InvariantCulture, $"  {target.Key,-20} {target.Value.Runs,10:N0} runs, most allocated by one {target.Value.Largest,12:N0} bytes"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{string.Join('\n', lines)}\n{Runs:N0} runs in {Elapsed.TotalSeconds:F1} s: {(Failures.Count == 0 ? "no failure" : $"{Failures.Count} failures")}.");
    }
}
