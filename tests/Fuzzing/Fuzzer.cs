using System.Diagnostics;
using System.Globalization;
using ManagedLog.Fuzzing.Targets;

namespace ManagedLog.Fuzzing;

/// <summary>
/// Runs inputs by number: the same number under the same seed is the same input, whatever ran before. Every run must end, throw nothing, and allocate no more than its
/// target says.
/// </summary>
internal sealed class Fuzzer(long seed)
{
    private const int MostFailures = 10;

    /// <summary>What the runtime may allocate on the thread by itself, now and then.</summary>
    private const int Slack = 20_000;

    private readonly IReadOnlyList<FuzzTarget> _targets =
        [.. BatchTargets.All, .. SegmentTargets.All, .. RowTargets.All, .. BodyTargets.All, .. ConsumerTargets.All, .. CredentialTargets.All, OpeningTarget.Target];

    private long _current = -1;

    /// <summary>The number of the run under way; −1: none.</summary>
    public long Current => Volatile.Read(ref _current);

    public string Repeat(long run) => string.Create(CultureInfo.InvariantCulture, $"dotnet run --project tests/Fuzzing -c Release -- --seed {seed} --first {run} --runs 1");

    /// <summary>The input of one run.</summary>
    public FuzzCase Draw(long run) => TargetOf(run).Draw(new Random(Mix(run)));

    public FuzzReport Run(long first, long runs, Action<string> say)
    {
        var watch = Stopwatch.StartNew();
        var figures = _targets.ToDictionary(target => target.Name, _ => (Runs: 0L, Largest: 0L));
        var failures = new List<FuzzFailure>();
        var done = 0L;
        for (; done < runs && failures.Count < MostFailures; done++)
        {
            var run = first + done;
            Volatile.Write(ref _current, run);
            var target = TargetOf(run);
            var (allocated, failure) = RunOne(run, target);
            var (count, largest) = figures[target.Name];
            figures[target.Name] = (count + 1, Math.Max(largest, allocated));
            if (failure is not null)
            {
                failures.Add(failure);
                say(failure.ToString());
            }

            if ((done + 1) % Math.Max(1, runs / 20) == 0 && runs >= 1_000_000)
                say(string.Create(CultureInfo.InvariantCulture, $"{done + 1:N0} of {runs:N0} runs, {failures.Count} failures, {watch.Elapsed.TotalSeconds:F0} s"));
        }

        Volatile.Write(ref _current, -1);
        return new FuzzReport(done, watch.Elapsed, figures, failures);
    }

    /// <summary>The last target is slow, a whole engine for each input: one run in 256.</summary>
    private FuzzTarget TargetOf(long run) => run % 256 == 255 ? _targets[^1] : _targets[(int)(run % (_targets.Count - 1))];

    private (long Allocated, FuzzFailure? Failure) RunOne(long run, FuzzTarget target)
    {
        var drawn = Draw(run);
        try
        {
            var allocated = Measure(drawn);
            // What a run asks for it asks for each time; what the runtime did beside it, it does once.
            for (var tries = 0; allocated > drawn.MostAllocated + Slack && tries < 3; tries++)
                allocated = Math.Min(allocated, Measure(drawn));
            return allocated <= drawn.MostAllocated + Slack
                ? (allocated, null)
                : (allocated, Failed($"allocated {allocated} bytes, more than {drawn.MostAllocated}"));
        }
        catch (Exception e)
        {
            return (0, Failed(e.ToString()));
        }

        FuzzFailure Failed(string what) => new(run, target.Name, what, drawn.Input, Repeat(run));
    }

    private static long Measure(FuzzCase drawn)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        drawn.Execute();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>SplitMix64, so that neighbours have nothing in common.</summary>
    private int Mix(long run)
    {
        var z = unchecked(((ulong)seed * 0x9E3779B97F4A7C15UL) + ((ulong)(run + 1) * 0xD1342543DE82EF95UL));
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EBUL);
        return (int)((z ^ (z >> 31)) & int.MaxValue);
    }
}
