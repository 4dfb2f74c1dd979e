using System.Diagnostics;
using System.Globalization;
using ManagedLog.Proof.Following;
using ManagedLog.Proof.Servers;

namespace ManagedLog.Proof.Load;

/// <summary>
/// One instance with quotas, and many clients that keep to nothing, each kind of them one caller with a key of its own: beside them a well-behaved caller must notice little, and the
/// instance's memory stays bounded.
/// </summary>
internal sealed class LoadProof(ServiceCluster cluster, LoadSettings settings)
{
    private const string PoliteTopic = "load-polite";
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private long _peak;

    /// <exception cref="ProofFailedException">The well-behaved caller was refused or became too slow, memory grew beyond its limit, or something is held for nobody.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var target = await LoadTarget.FindAsync(cluster.Addresses[0], cancellationToken);
        await target.MakeTopicAsync(PoliteTopic, 1, cancellationToken);
        foreach (var topic in new[] { Crowd.Topic, Crowd.QuietTopic })
            await target.MakeTopicAsync(topic, Crowd.Partitions, cancellationToken);
        var polite = await target.MakeKeyAsync("polite", cancellationToken);
        // Both processes translate their code the first time that it runs.
        await PoliteAsync(target, polite, settings.Duration / 8, cancellationToken);
        var alone = await PoliteAsync(target, polite, settings.Duration / 4, cancellationToken);
        var (before, processorBefore) = (cluster.WorkingSet(0), cluster.ProcessorTime(0));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = WatchMemoryAsync(stop.Token);
        using var crowd = CrowdProcess.Start(cluster.Addresses[0], settings.Clients);
        var beside = await PoliteAsync(target, polite, settings.Duration, cancellationToken);
        var processor = cluster.ProcessorTime(0) - processorBefore;
        var counts = await crowd.StopAsync(cancellationToken);
        await stop.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var held = await WaitUntilNothingIsHeldAsync(target, cancellationToken);

        Console.WriteLine($"clients   {settings.Clients} for {settings.Duration.TotalSeconds:F0} s on 1 instance; quotas of each key {LoadSettings.RequestsPerSecond} requests/s, {LoadSettings.BytesInPerSecond} bytes/s in and {LoadSettings.BytesOutPerSecond} out; {settings.MaxWaiting} fetches and streams at once");
        foreach (var line in counts.Lines)
            Console.WriteLine($"answers   {line}");
        Console.WriteLine($"refused   429: {counts.Of(429)}, 503: {counts.Of(503)}, 408: {counts.Of(408)}");
        Console.WriteLine($"memory    {MiB(before)} before, {MiB(_peak)} at most, {MiB(cluster.WorkingSet(0))} at the end");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"processor {processor.TotalSeconds:F0} s for the instance meanwhile"));
        WriteLatencies("alone", alone);
        WriteLatencies("beside", beside);
        var times = beside.Percentile(50) / alone.Percentile(50);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"slower    {times:F1} times (half), {beside.Percentile(95) / alone.Percentile(95):F1} times (95 of 100)"));
        Check(counts, held, times);
        Console.WriteLine($"checked   nothing is held for anybody; the well-behaved caller was never refused and at most {settings.MostTimesSlower} times slower; at most {MiB(settings.MemoryLimit)}");
    }

    private void Check(AnswerCounts counts, string? held, double times)
    {
        if (held is not null)
            throw new ProofFailedException($"{s_patience.TotalSeconds:F0} s after the last client the instance still holds {held}.");
        if (_peak > settings.MemoryLimit)
            throw new ProofFailedException($"The instance had {MiB(_peak)}.");
        if (counts.Of(429) == 0 || counts.Of(503) == 0)
            throw new ProofFailedException("Nobody was refused: this was no load.");
        if (times > settings.MostTimesSlower)
            throw new ProofFailedException("The well-behaved caller became too slow.");
    }

    /// <summary>Produces at its rate whatever the answers take, and measures them from the moment when each request was due.</summary>
    private static async Task<Latencies> PoliteAsync(LoadTarget target, string key, TimeSpan duration, CancellationToken cancellationToken)
    {
        var count = (int)(duration.TotalSeconds * LoadSettings.PoliteRequestsPerSecond);
        var began = Stopwatch.GetTimestamp();
        var sending = new List<Task<TimeSpan>>(count);
        for (var i = 0; i < count; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / LoadSettings.PoliteRequestsPerSecond);
            if (due - Stopwatch.GetElapsedTime(began) is var early && early > TimeSpan.Zero)
                await Task.Delay(early, cancellationToken);
            sending.Add(OneAsync(due));
        }

        var latencies = new Latencies();
        foreach (var latency in await Task.WhenAll(sending))
            latencies.Add(latency);
        return latencies;

        async Task<TimeSpan> OneAsync(TimeSpan due)
        {
            var (status, _) = await target.ProduceAsync(key, PoliteTopic, "polite", cancellationToken);
            return status == 200 ? Stopwatch.GetElapsedTime(began) - due : throw new ProofFailedException($"The well-behaved caller was answered with {status}.");
        }
    }

    private async Task WatchMemoryAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            _peak = Math.Max(_peak, cluster.WorkingSet(0));
            await Task.Delay(s_look, cancellationToken);
        }
    }

    /// <summary>Null, or what is still held after some patience: a client that vanished is noticed when the connection is.</summary>
    private static async Task<string?> WaitUntilNothingIsHeldAsync(LoadTarget target, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var held = (await target.HeldAsync(cancellationToken)).Where(static one => one.Value != 0).ToList();
            // The question itself is a request.
            if (held is [{ Key: "requests", Value: 1 }])
                return null;
            if (Stopwatch.GetElapsedTime(began) > s_patience)
                return string.Join(", ", held.Select(static one => $"{one.Key} {one.Value}"));
            await Task.Delay(s_look, cancellationToken);
        }
    }

    private static void WriteLatencies(string when, Latencies latencies) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"latency   {when,-6} p50 {latencies.Percentile(50):F1} ms, p95 {latencies.Percentile(95):F1} ms, p99 {latencies.Percentile(99):F1} ms, max {latencies.Percentile(100):F1} ms of {latencies.Count} produces, {LoadSettings.PoliteRequestsPerSecond}/s"));

    private static string MiB(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0 / 1024.0:F0} MiB");
}
