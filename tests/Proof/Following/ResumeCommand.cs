using System.CommandLine;
using ManagedLog.Proof.Rest;
using ManagedLog.Proof.Servers;

namespace ManagedLog.Proof.Following;

/// <summary>The command line of <see cref="ResumeProof"/>.</summary>
internal sealed class ResumeCommand
{
    private readonly Option<int> _instances = new("--instances") { Description = "How many service processes to start.", DefaultValueFactory = _ => 3 };
    private readonly Option<int> _producers = new("--producers") { Description = "How many write at once.", DefaultValueFactory = _ => 4 };
    private readonly Option<int> _seconds = new("--seconds") { Description = "How long they write.", DefaultValueFactory = _ => 90 };
    private readonly Option<double> _every = new("--kill-every") { Description = "The pause before each kill, in seconds.", DefaultValueFactory = _ => 4 };

    public ResumeCommand()
    {
        Command = new Command("resume", "Reads a stream of events whose instance is killed again and again, resumes it elsewhere, and compares.")
        {
            _instances, _producers, _seconds, _every,
        };
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var settings = new ResumeSettings(
            parsed.GetValue(_producers), TimeSpan.FromSeconds(parsed.GetValue(_seconds)), TimeSpan.FromSeconds(parsed.GetValue(_every)));
        await using var cluster = await ServiceCluster.StartAsync(parsed.GetValue(_instances), cancellationToken);
        using var client = new RestClient();
        try
        {
            using var proof = new ResumeProof(cluster, client, settings);
            await proof.RunAsync(cancellationToken);
            return 0;
        }
        catch (ProofFailedException e)
        {
            Console.Error.WriteLine($"FAILED: {e.Message}");
            return 1;
        }
    }
}
