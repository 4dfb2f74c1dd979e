using System.Diagnostics;
using System.Globalization;

namespace ManagedLog.Simulation.Groups;

/// <summary>The command line's <c>--groups</c>.</summary>
internal static class GroupProgram
{
    public static int Run(Options options)
    {
        var found = options.IsForEyes ? Show(options) : Simulate(options);
        Console.WriteLine(found == 0 ? "No violation." : $"{found} seeds with violations.");
        return found == 0 == (options.GroupBreakage == GroupBreakage.None) ? 0 : 1;
    }

    /// <summary>Any violation; with a rule left out, the one that is expected of it.</summary>
    public static bool IsShownBy(GroupBreakage breakage, GroupRunReport report) =>
        breakage == GroupBreakage.None ? !report.IsClean : report.Violations.Any(violation => violation.Invariant == breakage.Symptom);

    private static int Simulate(Options options)
    {
        var watch = Stopwatch.StartNew();
        var (ended, found) = (0UL, 0);
        var batch = new GroupBatch(options.First, options.Seeds, options.GroupBreakage)
        {
            Ended = report =>
            {
                ended++;
                if (IsShownBy(options.GroupBreakage, report))
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
        Say($"{ended} seeds of groups from {options.First}, broken rule: {options.GroupBreakage.Name}, in {watch.Elapsed.TotalSeconds:F1} s: {batch.Figures}");
        return found;
    }

    private static int Show(Options options)
    {
        var found = 0;
        for (var i = 0UL; i < options.Seeds && found < options.MostViolated; i++)
        {
            var report = GroupRun.Execute(options.First + i, options.GroupBreakage, options.Trace);
            if (options.Trace)
                report.Trace.Lines.ToList().ForEach(Console.WriteLine);
            if (options.Digest)
                Console.WriteLine($"{report.Seed} {report.Trace.Digest} {report.Trace.Count}");
            if (!IsShownBy(options.GroupBreakage, report))
                continue;
            found++;
            Console.WriteLine(report);
        }

        return found;
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
