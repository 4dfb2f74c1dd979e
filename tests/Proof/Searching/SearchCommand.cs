using System.CommandLine;
using ManagedLog.Proof.Rest;
using ManagedLog.Proof.Servers;

namespace ManagedLog.Proof.Searching;

/// <summary>The command line of <see cref="SearchProof"/>.</summary>
internal sealed class SearchCommand
{
    private readonly Option<int> _records = new("--records") { Description = "How many records to search.", DefaultValueFactory = _ => 1_000_000 };
    private readonly Option<int> _partitions = new("--partitions") { Description = "How many partitions the topic has.", DefaultValueFactory = _ => 4 };

    public SearchCommand()
    {
        Command = new Command("search", "Finds one of many records by its key, in bounded steps, on an instance that has read none of them.") { _records, _partitions };
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var cluster = await ServiceCluster.StartAsync(instances: 2, cancellationToken);
        using var client = new RestClient();
        using var search = new SearchClient();
        try
        {
            await new SearchProof(cluster, client, search, parsed.GetValue(_records), parsed.GetValue(_partitions)).RunAsync(cancellationToken);
            return 0;
        }
        catch (ProofFailedException e)
        {
            Console.Error.WriteLine($"FAILED: {e.Message}");
            return 1;
        }
    }
}
