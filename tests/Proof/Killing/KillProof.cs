using ManagedLog.Proof.Rest;
using ManagedLog.Proof.Servers;

namespace ManagedLog.Proof.Killing;

/// <summary>
/// One partition, written through all instances at once by producers that all send the same values, while one instance after the other is killed and started
/// again.
/// </summary>
internal sealed class KillProof(ServiceCluster cluster, RestClient client, KillSettings settings)
{
    private const int Values = 10;
    private const int LongestRequest = 20;
    private const int FetchBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan s_pauseWhenRefused = TimeSpan.FromMilliseconds(20);

    private readonly string _topic = $"kill-{Guid.NewGuid():N}";
    private readonly ValueTally _tally = new(Values);
    private readonly RequestCounts _requests = new();

    /// <exception cref="ProofFailedException">An acknowledged record is missing, doubled, or not where it was said to be.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine(
            $"1 partition, {cluster.Addresses.Count} instances, {settings.Producers} producers of the same {Values} values, "
            + $"{settings.Duration.TotalSeconds:F0} s, a kill every {settings.KillEvery.TotalSeconds:F1} s");
        await client.CreateTopicAsync(cluster.Addresses[0], _topic, partitions: 1, cancellationToken);

        using var writing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        writing.CancelAfter(settings.Duration);
        var producers = Enumerable.Range(0, settings.Producers).Select(producer => WriteAsync(producer, writing.Token)).ToList();
        var kills = await KillAsync(writing.Token, cancellationToken);
        await Task.WhenAll(producers);
        cancellationToken.ThrowIfCancellationRequested();

        await ReadAsync(cancellationToken);
        Console.WriteLine($"kills     {kills}");
        Console.WriteLine($"requests  {_requests.Acknowledged:N0} acknowledged, {_requests.Unknown:N0} unknown, {_requests.Refused:N0} refused or not sent");
        Console.WriteLine($"records   {_tally.Acknowledged:N0} acknowledged, {_tally.Unknown:N0} unknown, {_tally.Found:N0} found");
        foreach (var line in _tally.Lines())
            Console.WriteLine($"  {line}");
        _tally.Complete();
        Console.WriteLine(
            "checked   each acknowledged record is there once, where it was said to be; acknowledged <= found <= acknowledged + unknown; offsets without gaps");
    }

    /// <summary>Each request goes to the next instance, so that all of them append all the time.</summary>
    private async Task WriteAsync(int producer, CancellationToken cancellationToken)
    {
        var servers = cluster.Addresses;
        for (var request = 0; !cancellationToken.IsCancellationRequested; request++)
        {
            var sent = Enumerable.Range(request, (request % LongestRequest) + 1).Select(static number => number % Values).ToList();
            List<ProduceRecord> records = [.. sent.Select(static value => new ProduceRecord(Array.Empty<byte>(), ValueTally.ValueOf(value)))];
            var result = await client.ProduceAsync(servers[(producer + request) % servers.Count], _topic, partition: 0, records, CancellationToken.None);
            _tally.Note(sent, result);
            _requests.Note(result.Outcome);
            if (result.Outcome == ProduceOutcome.Refused)
                await Task.Delay(s_pauseWhenRefused, CancellationToken.None);
        }
    }

    private async Task<int> KillAsync(CancellationToken writing, CancellationToken cancellationToken)
    {
        for (var kills = 0; ; kills++)
        {
            await Task.Delay(settings.KillEvery, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (writing.IsCancellationRequested)
                return kills;
            var victim = kills % cluster.Addresses.Count;
            await cluster.KillAsync(victim);
            await cluster.StartAgainAsync(victim, cancellationToken);
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        // An instance that has just been started knows only what storage says.
        await cluster.KillAsync(0);
        await cluster.StartAgainAsync(0, cancellationToken);
        var server = cluster.Addresses[0];
        var ends = await client.EndsAsync(server, _topic, partition: 0, cancellationToken);
        while (_tally.NextOffset < ends.EndOffset)
        {
            foreach (var record in await client.FetchAsync(server, _topic, partition: 0, _tally.NextOffset, FetchBytes, cancellationToken))
                _tally.Take(record);
        }
    }
}
