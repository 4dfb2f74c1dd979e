using System.CommandLine;
using ManagedLog.Proof.Rest;
using ManagedLog.Proof.Servers;

namespace ManagedLog.Proof.Following;

/// <summary>The command line of <see cref="EventsProof"/>.</summary>
internal sealed class EventsCommand
{
    private readonly Option<double[]> _rates = new("--rate")
    {
        Description = "Records a second; may be given several times.", DefaultValueFactory = _ => [20, 10, 2], AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int> _seconds = new("--seconds") { Description = "How long each rate lasts.", DefaultValueFactory = _ => 30 };
    private readonly Option<double> _half = new("--p50") { Description = "Half of the records must be seen within so many ms.", DefaultValueFactory = _ => 40 };
    private readonly Option<double> _nearlyAll = new("--p99") { Description = "99 of 100 must be seen within so many ms.", DefaultValueFactory = _ => 250 };

    public EventsCommand()
    {
        Command = new Command("events", "Measures the time from a produce on one instance to the event at a reader on another.") { _rates, _seconds, _half, _nearlyAll };
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var settings = new EventsSettings(
            parsed.GetValue(_rates)!, TimeSpan.FromSeconds(parsed.GetValue(_seconds)), parsed.GetValue(_half), parsed.GetValue(_nearlyAll));
        await using var cluster = await ServiceCluster.StartAsync(instances: 2, cancellationToken);
        using var client = new RestClient();
        try
        {
            using var proof = new EventsProof(cluster, client, settings);
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
