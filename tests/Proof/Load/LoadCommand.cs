using System.CommandLine;
using ManagedLog.Proof.Servers;

namespace ManagedLog.Proof.Load;

/// <summary>The command line of <see cref="LoadProof"/>.</summary>
internal sealed class LoadCommand
{
    private readonly Option<int> _seconds = new("--seconds") { Description = "How long the load lasts.", DefaultValueFactory = _ => 60 };
    private readonly Option<int> _clients = new("--clients") { Description = "How many clients there are at once.", DefaultValueFactory = _ => 2_000 };
    private readonly Option<int> _memory = new("--memory") { Description = "MiB that the instance may have at most.", DefaultValueFactory = _ => 1_024 };
    private readonly Option<double> _slower = new("--slower") { Description = "How many times slower the well-behaved caller may become.", DefaultValueFactory = _ => 3 };

    public LoadCommand()
    {
        Command = new Command("load", "Floods one instance with clients that behave badly, and measures its memory and what a well-behaved caller notices.") { _seconds, _clients, _memory, _slower };
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var settings = new LoadSettings(
            TimeSpan.FromSeconds(parsed.GetValue(_seconds)), parsed.GetValue(_clients), parsed.GetValue(_memory) * 1024L * 1024, parsed.GetValue(_slower));
        var limits = new Dictionary<string, string>
        {
            ["ManagedLog__Limits__RequestsPerSecond"] = $"{LoadSettings.RequestsPerSecond}",
            ["ManagedLog__Limits__BytesInPerSecond"] = $"{LoadSettings.BytesInPerSecond}",
            ["ManagedLog__Limits__BytesOutPerSecond"] = $"{LoadSettings.BytesOutPerSecond}",
            ["ManagedLog__Limits__MaxWaiting"] = $"{settings.MaxWaiting}",
        };
        await using var cluster = await ServiceCluster.StartAsync(1, limits, static (_, line) => Console.WriteLine($"service   {line}"), cancellationToken);
        try
        {
            await new LoadProof(cluster, settings).RunAsync(cancellationToken);
            return 0;
        }
        catch (ProofFailedException e)
        {
            Console.Error.WriteLine($"FAILED: {e.Message}");
            return 1;
        }
    }
}
