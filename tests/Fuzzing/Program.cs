using System.CommandLine;
using System.Globalization;
using ManagedLog.Fuzzing;

// Feeds mutations of valid inputs to everything that reads bytes, rows and bodies. The long run:
//   dotnet run --project tests/Fuzzing -c Release -- --runs 5000000
// One number is one run; a failure prints the line that repeats it.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

var runs = new Option<long>("--runs") { Description = "How many inputs.", DefaultValueFactory = _ => 100_000 };
var first = new Option<long>("--first") { Description = "The number of the first.", DefaultValueFactory = _ => 0 };
var seed = new Option<long>("--seed") { Description = "What they are drawn from.", DefaultValueFactory = _ => 1 };
var root = new RootCommand("Feeds mutations of valid inputs to the readers of this log: no unexpected exception, no unbounded memory, no endless loop.") { runs, first, seed };
root.SetAction(parsed =>
{
    var fuzzer = new Fuzzer(parsed.GetValue(seed));
    using var watchdog = new Watchdog(fuzzer, TimeSpan.FromSeconds(30));
    var report = fuzzer.Run(parsed.GetValue(first), parsed.GetValue(runs), Console.WriteLine);
    Console.WriteLine(report);
    return report.Failures.Count == 0 ? 0 : 1;
});
return root.Parse(args).Invoke();
