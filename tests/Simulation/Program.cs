using System.Diagnostics;
using System.Globalization;
using ManagedLog.Simulation;
using ManagedLog.Simulation.Groups;
using ManagedLog.Simulation.Workload;

return Options.TryParse(args, out var options) ? options.Groups ? GroupProgram.Run(options) : options.IsForEyes ? Show(options) : Simulate(options) : Options.Explain();

// On all cores, with a line now and then, and one for each seed that shows something.
static int Simulate(Options options)
{
    var watch = Stopwatch.StartNew();
    var ended = 0UL;
    var found = 0;
    var batch = new SimulationBatch(options.First, options.Seeds, options.Breakage)
    {
        Ended = report =>
        {
            ended++;
            if (options.IsShownBy(report))
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
    Say($"{ended} seeds from {options.First}, broken rule: {options.Breakage.Name}, in {seconds}: {batch.Figures}");
    return Conclude(options, found);
}

// One after the other, with all lines or with digests.
static int Show(Options options)
{
    var found = 0;
    for (var i = 0UL; i < options.Seeds && found < options.MostViolated; i++)
    {
        var report = SimulationRun.Execute(options.First + i, options.Breakage, options.Trace);
        if (options.Trace)
            report.Trace.Lines.ToList().ForEach(Console.WriteLine);
        if (options.Digest)
            Console.WriteLine($"{report.Seed} {report.Trace.Digest} {report.Trace.Count}");
        if (options.IsShownBy(report))
        {
            found++;
            Console.WriteLine(report);
        }
    }

    return Conclude(options, found);
}

static int Conclude(Options options, int found)
{
    Console.WriteLine(found == 0 ? "No violation." : $"{found} seeds with violations.");
    return found == 0 == (options.Breakage == Breakage.None) ? 0 : 1;
}

static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
