using System.Diagnostics;
using System.Globalization;
using System.Text;
using ManagedLog.Proof.Rest;
using ManagedLog.Proof.Servers;

namespace ManagedLog.Proof.Following;

/// <summary>
/// A topic is written through all instances, and one reader follows it by server-sent events. The instance that serves the reader is killed again and again; the reader goes on
/// at another one with the id of the last event that it saw, and with nothing else.
/// </summary>
internal sealed class ResumeProof(ServiceCluster cluster, RestClient client, ResumeSettings settings) : IDisposable
{
    private const int Partitions = 3;
    private const int LongestRequest = 5;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_catchUp = TimeSpan.FromSeconds(60);

    private readonly string _topic = $"resume-{Guid.NewGuid():N}";
    private readonly FollowCheck _check = new(Partitions);
    private readonly Latencies _breaks = new();
    private readonly SemaphoreSlim _seen = new(0);
    private volatile int _servedBy;
    private int _ended;

    /// <exception cref="ProofFailedException">A record is missing, was seen twice, or out of order.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine(
            $"{Partitions} partitions, {cluster.Addresses.Count} instances, {settings.Producers} producers, {settings.Duration.TotalSeconds:F0} s, "
            + $"the instance that serves the stream is killed every {settings.KillEvery.TotalSeconds:F1} s");
        await client.CreateTopicAsync(cluster.Addresses[0], _topic, Partitions, cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var writing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        writing.CancelAfter(settings.Duration);
        var reading = ReadAsync(stop.Token);
        var producers = Enumerable.Range(0, settings.Producers).Select(producer => WriteAsync(producer, writing.Token)).ToList();
        var kills = await KillAsync(reading, writing.Token, cancellationToken);
        await Task.WhenAll(producers);
        cancellationToken.ThrowIfCancellationRequested();
        await CatchUpAsync(reading, cancellationToken);
        await stop.CancelAsync();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _check.Complete();
        Console.WriteLine($"kills     {kills}");
        Console.WriteLine($"stream    broken and resumed {_breaks.Count} times, ended and resumed {_ended} times");
        Console.WriteLine($"resumed   first record after a break: p50 {_breaks.Percentile(50):F0} ms, longest {_breaks.Percentile(100):F0} ms");
        Console.WriteLine($"records   {_check.Acknowledged:N0} acknowledged, {_check.Unknown:N0} unknown, {_check.Seen:N0} seen");
        if (_breaks.Count < Math.Min(kills, 1))
            throw new ProofFailedException("No kill broke the stream.");
        Console.WriteLine("checked   the reader saw each record once, in the order of its partition, without gaps, and all that were acknowledged where they were said to be");
    }

    public void Dispose() => _seen.Dispose();

    private async Task WriteAsync(int producer, CancellationToken cancellationToken)
    {
        var servers = cluster.Addresses;
        for (var request = 0; !cancellationToken.IsCancellationRequested; request++)
        {
            var partition = (producer + request) % Partitions;
            List<string> values = [.. Enumerable.Range(0, (request % LongestRequest) + 1).Select(i => string.Create(CultureInfo.InvariantCulture, $"{producer}/{request}/{i}"))];
            List<ProduceRecord> records = [.. values.Select(static value => new ProduceRecord(Array.Empty<byte>(), Encoding.ASCII.GetBytes(value)))];
            var result = await client.ProduceAsync(servers[(producer + (request / Partitions)) % servers.Count], _topic, partition, records, CancellationToken.None);
            _check.Note(partition, values, result);
            await Task.Delay(s_pause, CancellationToken.None);
        }
    }

    private async Task<int> KillAsync(Task reading, CancellationToken writing, CancellationToken cancellationToken)
    {
        for (var kills = 0; ; kills++)
        {
            await Task.WhenAny(Task.Delay(settings.KillEvery, writing), reading);
            if (reading.IsCompleted)
                await reading;
            if (writing.IsCancellationRequested)
                return kills;
            var victim = _servedBy;
            await cluster.KillAsync(victim);
            await cluster.StartAgainAsync(victim, cancellationToken);
        }
    }

    /// <summary>Each connection goes to the next instance, whether the last one ended or broke or was refused.</summary>
    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        using var reader = new EventReader();
        long? brokenAt = null;
        for (var server = 0; ; server = (server + 1) % cluster.Addresses.Count)
        {
            try
            {
                await foreach (var record in reader.ReadAsync(new Uri(cluster.Addresses[server], $"/topics/{_topic}/records?offset=earliest"), cancellationToken))
                {
                    _servedBy = server;
                    _check.Take(record);
                    _seen.Release();
                    if (brokenAt is { } at)
                        _breaks.Add(Stopwatch.GetElapsedTime(at));
                    brokenAt = null;
                }

                _ended++;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                brokenAt ??= Stopwatch.GetTimestamp();
            }
        }
    }

    private async Task CatchUpAsync(Task reading, CancellationToken cancellationToken)
    {
        for (var partition = 0; partition < Partitions; partition++)
        {
            var end = (await client.EndsAsync(cluster.Addresses[0], _topic, partition, cancellationToken)).EndOffset;
            while (_check.Next(partition) < end)
            {
                var seen = _seen.WaitAsync(s_catchUp, cancellationToken);
                if (await Task.WhenAny(seen, reading) == reading)
                    await reading;
                if (!await seen)
                    throw new ProofFailedException($"Partition {partition} ends at {end}, and the reader waits at {_check.Next(partition)} since {s_catchUp.TotalSeconds} s.");
            }
        }
    }
}
