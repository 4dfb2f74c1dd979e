using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using ManagedLog.Benchmarks.Rows;
using ManagedLog.Benchmarks.Running;
using ManagedLog.Local;

// How fast the service is against a bare client of the same storage, on this machine: docs/performance.md says what the figures mean.
//   dotnet run --project tests/Benchmarks -c Release                     everything, in about ten minutes
//   dotnet run --project tests/Benchmarks -c Release -- --quick          everything, in about four minutes; rough
//   dotnet run --project tests/Benchmarks -c Release -- latency          one row
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

IBenchmark[] all = [new BulkProduce(), new SmallProduce(), new EngineAlone(), new CatchUp(), new Latency(), new Processes(), new Operations(), new Compaction()];
var quick = new Option<bool>("--quick") { Description = "Fewer and shorter pairs: about four minutes for everything, and rough.", Recursive = true };
var json = new Option<FileInfo>("--json")
{
    Description = "Where the figures are written to as JSON.",
    DefaultValueFactory = _ => new FileInfo("benchmarks.json"),
    Recursive = true,
};
var root = new RootCommand("Measures the service against a bare client of the same storage emulator, in interleaved pairs.") { quick, json };
root.SetAction((parsed, _) => RunAsync(all, parsed));
foreach (var benchmark in all)
{
    var command = new Command(benchmark.Name, benchmark.Description);
    command.SetAction((parsed, _) => RunAsync([benchmark], parsed));
    root.Add(command);
}

try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (LaunchException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

async Task<int> RunAsync(IReadOnlyList<IBenchmark> benchmarks, ParseResult parsed)
{
    var effort = parsed.GetValue(quick) ? Effort.Quick : Effort.Full;
    var startedAt = Stopwatch.GetTimestamp();
    var load = CpuTimes.Load;
    var findings = new List<Finding>();
    await using (var bed = await Bed.StartAsync())
    {
        foreach (var benchmark in benchmarks)
        {
            Console.Error.WriteLine($"{benchmark.Name}: {benchmark.Description}");
            foreach (var finding in await benchmark.RunAsync(bed, effort))
            {
                Console.Error.WriteLine(Report.Line(finding));
                findings.Add(finding);
            }
        }
    }

    var report = new Report(
        RuntimeInformation.OSDescription, Environment.ProcessorCount, load, CpuTimes.Load, effort, Stopwatch.GetElapsedTime(startedAt).TotalSeconds, findings);
    report.Print(Console.Out);
    var file = parsed.GetValue(json)!;
    await File.WriteAllTextAsync(file.FullName, JsonSerializer.Serialize(report, ReportJson.Default.Report) + "\n");
    Console.WriteLine($"\nWritten to {file.FullName}");
    return 0;
}
