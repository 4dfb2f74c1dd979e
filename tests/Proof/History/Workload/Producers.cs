using ManagedLog.Proof.History.Events;
using ManagedLog.Proof.Rest;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Proof.History.Workload;

/// <summary>
/// The producers of a history. Each sends one request at a time until it is told to stop; those that may send again do so until they are answered, at most up to a
/// deadline some time after that.
/// </summary>
internal sealed class Producers(RecordingSender sender, IReadOnlyList<HistoryTarget> targets, CancellationToken stop, CancellationToken deadline)
{
    private const int MostRecords = 6;
    private const int MostStreamed = 12;
    private const double SentAgainThoughAcknowledged = 0.05;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan s_pauseAfterFailure = TimeSpan.FromMilliseconds(100);

    /// <summary>Never sends anything twice.</summary>
    public Task RunPlainAsync(string name, Random random) => RunAsync(name, ProducerKind.Plain, random, MostRecords, async send =>
    {
        var result = await sender.TryAsync(send, random, random.Next(3) switch
        {
            0 => server => sender.Client.PostBinaryAsync(server, send.Target, send.Records),
            1 => server => sender.Client.PostJsonAsync(server, send.Target, send.Records),
            _ => server => sender.Client.PostRawAsync(server, send.Target, send.Records),
        });
        if (result.Outcome != ProduceOutcome.Acknowledged)
            await PauseAsync(random, s_pauseAfterFailure);
    });

    /// <summary>Several records in one stream, none twice.</summary>
    public Task RunStreamedAsync(string name, Random random) =>
        RunAsync(name, ProducerKind.Streamed, random, MostStreamed, send => sender.StreamAsync(send, random));

    /// <summary>One key a send, which is sent until it is acknowledged.</summary>
    public Task RunKeyedAsync(string name, Random random) => RunAsync(name, ProducerKind.Keyed, random, MostRecords, send =>
        PersistAsync(send, random, server => sender.Client.PostBinaryAsync(server, send.Target, send.Records, ("Idempotency-Key", $"{name}-{send.Number}"))));

    /// <summary>All to one partition, in sequence, each until it is acknowledged; as JSON or as a batch, whichever comes.</summary>
    public async Task RunNumberedAsync(string name, Random random)
    {
        ProducerIdentity? producer;
        while ((producer = await sender.Client.NewProducerAsync(sender.Any(random))) is null && !stop.IsCancellationRequested)
            await PauseAsync(random, s_pauseAfterFailure);
        if (producer is not { } known)
            return;
        var identity = new BatchIdentity(known, 0);
        var target = targets[random.Next(targets.Count)];
        await RunAsync(name, ProducerKind.Numbered, random, MostRecords, async send =>
        {
            var current = identity;
            await PersistAsync(send with { Target = target }, random, server => random.Next(2) == 0
                ? sender.Client.PostJsonAsync(server, target, send.Records, AppendClient.HeadersOf(current))
                : sender.Client.PostRawAsync(server, target, send.Records, current));
            identity = current with { BaseSequence = BatchIdentity.Advance(current.BaseSequence, send.Records.Count) };
        });
    }

    private static Task PauseAsync(Random random, TimeSpan about) => Task.Delay(about * (0.5 + random.NextDouble()));

    private async Task RunAsync(string name, ProducerKind kind, Random random, int mostRecords, Func<Send, Task> sendAsync)
    {
        for (var written = 0; !stop.IsCancellationRequested;)
        {
            var records = Enumerable.Range(written, random.Next(1, mostRecords + 1)).Select(number => Payload.Of(name, number)).ToList();
            written += records.Count;
            await sendAsync(new Send(sender.NextNumber(), name, kind, targets[random.Next(targets.Count)], records));
            await PauseAsync(random, s_pause);
        }
    }

    private async Task PersistAsync(Send send, Random random, Func<Uri, Task<ProduceResult>> post)
    {
        while ((await sender.TryAsync(send, random, post)).Outcome != ProduceOutcome.Acknowledged)
        {
            if (deadline.IsCancellationRequested)
                return;
            await PauseAsync(random, s_pauseAfterFailure);
        }

        // A producer whose answer was lost sends again what stands already.
        if (random.NextDouble() < SentAgainThoughAcknowledged)
            await sender.TryAsync(send, random, post);
    }
}
