using System.CommandLine;
using System.Globalization;
using ManagedLog.AzureStorage;
using ManagedLog.Engine.Backend;
using ManagedLog.Local.Emulator;
using ManagedLog.Testing;

namespace ManagedLog.Proof.Opening;

/// <summary>The command line of <see cref="OpenProof"/>.</summary>
internal sealed class OpenCommand
{
    private readonly Option<string> _records = new("--records") { Description = "How many records stand in the partition, for each line.", DefaultValueFactory = _ => "10000,100000,1000000" };
    private readonly Option<int> _perBatch = new("--per-batch") { Description = "Records of one append on the in-memory backend.", DefaultValueFactory = _ => 10 };
    private readonly Option<int> _emulatorPerBatch = new("--emulator-per-batch") { Description = "Records of one append on the emulator.", DefaultValueFactory = _ => 100 };
    private readonly Option<string> _storage = new("--storage") { Description = "memory, emulator or both.", DefaultValueFactory = _ => "both" };

    public OpenCommand()
    {
        Command = new Command("open", "Measures what it costs an engine that knows nothing to open a partition, by the number of records in it.") { _records, _perBatch, _emulatorPerBatch, _storage };
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var sizes = parsed.GetValue(_records)!.Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToList();
        var storage = parsed.GetValue(_storage)!;
        var holds = true;
        if (storage is "memory" or "both")
            holds &= await RunAsync("in memory", sizes, parsed.GetValue(_perBatch), (_, time) => new InMemoryBackend(time));
        if (storage is not ("emulator" or "both"))
            return holds ? 0 : 1;
        using var folder = new TemporaryFolder();
        var installation = await new AzuriteInstaller(AzuriteInstaller.UserCache, Console.WriteLine).EnsureAsync(cancellationToken);
        await using var emulator = await AzuriteProcess.StartAsync(installation, folder.Path, static _ => { }, cancellationToken);
        holds &= await RunAsync("emulator", sizes, parsed.GetValue(_emulatorPerBatch), (size, _) => new AzureStorageBackend(
            new AzureStorageOptions { ConnectionString = emulator.ConnectionString, Container = $"open{size}", TablePrefix = $"open{size}" }, TimeProvider.System));
        return holds ? 0 : 1;
    }

    private static async Task<bool> RunAsync(string name, IReadOnlyList<int> sizes, int perBatch, Func<int, ShiftedTime, IStorageBackend> storage)
    {
        Console.WriteLine($"{name}, {perBatch} records an append:");
        Console.WriteLine($"  {"records",10}  {"what an engine that knows nothing does first",-46} {"operations",10} {"bytes read",12} {"median ms",10}");
        var holds = true;
        foreach (var size in sizes)
        {
            var time = new ShiftedTime();
            foreach (var cost in await new OpenProof(storage(size, time), time, size, perBatch).MeasureAsync())
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {size,10:N0}  {cost.What,-46} {cost.Operations,10} {cost.BytesRead,12:N0} {cost.Milliseconds,10:F2}"));
                holds &= cost.IsWithinBounds;
            }
        }

        Console.WriteLine(holds ? "  within the bounds that hold for any number of records" : $"  FAILED: more than {OpenCost.MostOperations} operations or {OpenCost.MostBytes} bytes");
        return holds;
    }
}
