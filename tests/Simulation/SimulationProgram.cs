using System.Diagnostics;
using System.Globalization;
using System.Numerics;

namespace ManagedLog.Simulation;

/// <summary>Runs the seeds that the command line asks for, of the log or of groups.</summary>
/// <param name="broken">The rule that is left out, or "none".</param>
/// <param name="symptom">The invariant that is then looked for; empty: any.</param>
internal sealed class SimulationProgram<TFigures>(Options options, string broken, string symptom, Func<ulong, RunReport<TFigures>> execute)
    where TFigures : struct, IAdditionOperators<TFigures, TFigures, TFigures>
{
    public int Run()
    {
        var found = options.IsForEyes ? Show() : Simulate();
        Console.WriteLine(found == 0 ? "No violation." : $"{found} seeds with violations.");
        return found == 0 == (symptom.Length == 0) ? 0 : 1;
    }

    // On all cores, with a line now and then, and one for each seed that shows something.
    private int Simulate()
    {
        var watch = Stopwatch.StartNew();
        var (ended, found) = (0UL, 0);
        var batch = new SimulationBatch<TFigures>(options.First, options.Seeds, execute)
        {
            Ended = report =>
            {
                ended++;
                if (report.Shows(symptom))
                {
                    found++;
                    Console.WriteLine(report);
                }

                if (ended % options.ProgressEvery == 0)
                    Say($"{ended} of {options.Seeds} seeds, {found} with violations, {watch.Elapsed.TotalSeconds:F0} s");
                return found < options.MostViolated;
            },
        };
        batch.Execute();
        using var process = Process.GetCurrentProcess();
        var seconds = $"{watch.Elapsed.TotalSeconds:F1} s ({process.TotalProcessorTime.TotalSeconds:F0} s of processor time)";
        Say($"{ended} seeds from {options.First}, broken rule: {broken}, in {seconds}: {batch.Figures}");
        return found;
    }

    // One after the other, with all lines or with digests.
    private int Show()
    {
        var found = 0;
        for (var i = 0UL; i < options.Seeds && found < options.MostViolated; i++)
        {
            var report = execute(options.First + i);
            if (options.Trace)
                report.Trace.Lines.ToList().ForEach(Console.WriteLine);
            if (options.Digest)
                Console.WriteLine($"{report.Seed} {report.Trace.Digest} {report.Trace.Count}");
            if (!report.Shows(symptom))
                continue;
            found++;
            Console.WriteLine(report);
        }

        return found;
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
