using System.CommandLine;
using ManagedLog.Proof.Rest;
using ManagedLog.Proof.Servers;

namespace ManagedLog.Proof.Killing;

/// <summary>The command line of <see cref="KillProof"/>.</summary>
internal sealed class KillCommand
{
    private readonly Option<int> _instances = new("--instances") { Description = "How many service processes to start.", DefaultValueFactory = _ => 4 };
    private readonly Option<int> _producers = new("--producers") { Description = "How many write at once.", DefaultValueFactory = _ => 8 };
    private readonly Option<int> _seconds = new("--seconds") { Description = "How long they write.", DefaultValueFactory = _ => 60 };
    private readonly Option<double> _every = new("--kill-every") { Description = "The pause before each kill, in seconds.", DefaultValueFactory = _ => 2 };

    public KillCommand()
    {
        Command = new Command("kill", "Writes one partition through several instances while one of them is killed again and again, and counts.")
        {
            _instances, _producers, _seconds, _every,
        };
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var settings = new KillSettings(
            parsed.GetValue(_producers), TimeSpan.FromSeconds(parsed.GetValue(_seconds)), TimeSpan.FromSeconds(parsed.GetValue(_every)));
        await using var cluster = await ServiceCluster.StartAsync(parsed.GetValue(_instances), cancellationToken);
        using var client = new RestClient();
        try
        {
            await new KillProof(cluster, client, settings).RunAsync(cancellationToken);
            return 0;
        }
        catch (ProofFailedException e)
        {
            Console.Error.WriteLine($"FAILED: {e.Message}");
            return 1;
        }
    }
}
