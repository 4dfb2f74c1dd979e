using System.CommandLine;
using ManagedLog.Proof.Rest;
using ManagedLog.Proof.Servers;

namespace ManagedLog.Proof.Groups;

/// <summary>The command line of <see cref="GroupsProof"/>.</summary>
internal sealed class GroupsCommand
{
    private readonly Option<int> _instances = new("--instances") { Description = "How many service processes to start.", DefaultValueFactory = _ => 3 };
    private readonly Option<int> _consumers = new("--consumers") { Description = "How many consumer instances read at a time.", DefaultValueFactory = _ => 8 };
    private readonly Option<int> _partitions = new("--partitions") { Description = "How many partitions the topic has.", DefaultValueFactory = _ => 12 };
    private readonly Option<int> _seconds = new("--seconds") { Description = "How long consumers come and go.", DefaultValueFactory = _ => 120 };
    private readonly Option<double> _session = new("--session") { Description = "After how many seconds a killed consumer is noticed.", DefaultValueFactory = _ => 6 };

    public GroupsCommand()
    {
        Command = new Command("groups", "Reads a topic by a consumer group whose members are killed and added, each request to another instance, and compares.")
        {
            _instances, _consumers, _partitions, _seconds, _session,
        };
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var settings = new GroupsSettings(
            parsed.GetValue(_partitions), parsed.GetValue(_consumers), TimeSpan.FromSeconds(parsed.GetValue(_session)), TimeSpan.FromSeconds(parsed.GetValue(_seconds)));
        await using var cluster = await ServiceCluster.StartAsync(parsed.GetValue(_instances), cancellationToken);
        using var client = new RestClient();
        using var groups = new GroupClient(cluster.Addresses);
        try
        {
            await new GroupsProof(cluster, client, groups, settings).RunAsync(cancellationToken);
            return 0;
        }
        catch (ProofFailedException e)
        {
            Console.Error.WriteLine($"FAILED: {e.Message}");
            return 1;
        }
    }
}
