using System.CommandLine;
using ManagedLog.Proof.Rest;
using ManagedLog.Proof.Servers;
using ManagedLog.Testing;

namespace ManagedLog.Proof.Streaming;

/// <summary>The command line of <see cref="StreamProof"/>.</summary>
internal sealed class StreamCommand
{
    private readonly Option<FileInfo?> _file = new("--file")
    {
        Description = "The file to send, one line a record; by default one is made of the SDK's text files.",
    };

    private readonly Option<int> _megabytes = new("--megabytes") { Description = "How large that one is.", DefaultValueFactory = _ => 105 };
    private readonly Option<int> _producers = new("--producers") { Description = "How many write at once.", DefaultValueFactory = _ => 16 };
    private readonly Option<int> _partitions = new("--partitions") { Description = "How many partitions the topic has.", DefaultValueFactory = _ => 4 };
    private readonly Option<int> _instances = new("--instances") { Description = "How many service processes to start.", DefaultValueFactory = _ => 2 };
    private readonly Option<Uri[]> _urls = new("--url") { Description = "A service that runs already; may be given several times. Nothing is started then." };

    public StreamCommand()
    {
        Command = new Command("stream", "Sends a large file through many producers, reads it back, and compares.")
        {
            _file, _megabytes, _producers, _partitions, _instances, _urls,
        };
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = ReadFile(parsed);
        var shares = new LineShares(file, parsed.GetValue(_producers), parsed.GetValue(_partitions));
        var urls = parsed.GetValue(_urls) ?? [];
        await using var cluster = urls.Length == 0 ? await ServiceCluster.StartAsync(parsed.GetValue(_instances), cancellationToken) : null;
        using var client = new RestClient();
        try
        {
            await new StreamProof(file, shares, cluster?.Addresses ?? urls, client).RunAsync(cancellationToken);
            return 0;
        }
        catch (ProofFailedException e)
        {
            Console.Error.WriteLine($"FAILED: {e.Message}");
            return 1;
        }
    }

    private LineFile ReadFile(ParseResult parsed)
    {
        if (parsed.GetValue(_file) is { } named)
            return LineFile.Read(named.FullName);
        using var folder = new TemporaryFolder();
        AssembledFile.Write(folder["assembled"], parsed.GetValue(_megabytes) * 1_000_000L);
        return LineFile.Read(folder["assembled"]);
    }
}
