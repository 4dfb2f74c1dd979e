using System.Diagnostics;
using System.Globalization;
using ManagedLog.Simulation;
using ManagedLog.Simulation.Workload;

return Options.TryParse(args, out var options) ? Simulate(options) : Options.Explain();

static int Simulate(Options options)
{
    var watch = Stopwatch.StartNew();
    var figures = default(RunFigures);
    var violated = 0;
    for (var i = 0UL; i < options.Seeds && violated < options.MostViolated; i++)
    {
        var report = SimulationRun.Execute(options.First + i, options.Breakage, options.Trace);
        figures += report.Figures;
        if (options.Trace)
            report.Trace.Lines.ToList().ForEach(Console.WriteLine);
        if (options.Digest)
            Console.WriteLine($"{report.Seed} {report.Trace.Digest} {report.Trace.Count}");
        if (!report.IsClean)
        {
            violated++;
            Console.WriteLine(report);
        }

        if (!options.Digest && (i + 1) % options.ProgressEvery == 0)
            Say($"{i + 1} of {options.Seeds} seeds, {violated} with violations, {watch.Elapsed.TotalSeconds:F0} s");
    }

    if (!options.Digest)
        Say($"{options.Seeds} seeds from {options.First}, broken rule: {options.Breakage.Name}, in {watch.Elapsed.TotalSeconds:F1} s: {figures}");
    Console.WriteLine(violated == 0 ? "No violation." : $"{violated} seeds with violations.");
    return violated == 0 == (options.Breakage == Breakage.None) ? 0 : 1;
}

static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
