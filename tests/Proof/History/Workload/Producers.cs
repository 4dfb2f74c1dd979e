using System.Globalization;
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
    private const int SharedKeys = 150;
    private const double Tombstones = 0.15;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan s_pauseAfterFailure = TimeSpan.FromMilliseconds(100);

    private long _lastTombstone;

    /// <summary>Never sends anything twice.</summary>
    public Task RunPlainAsync(string name, Random random) => RunAsync(name, ProducerKind.Plain, random, MostRecords, null, async send =>
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
        RunAsync(name, ProducerKind.Streamed, random, MostStreamed, null, send => sender.StreamAsync(send, random));

    /// <summary>One key a send, which is sent until it is acknowledged.</summary>
    public Task RunKeyedAsync(string name, Random random) => RunAsync(name, ProducerKind.Keyed, random, MostRecords, null, send =>
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
        await RunAsync(name, ProducerKind.Numbered, random, MostRecords, target, async send =>
        {
            var current = identity;
            await PersistAsync(send, random, server => random.Next(2) == 0
                ? sender.Client.PostJsonAsync(server, target, send.Records, AppendClient.HeadersOf(current))
                : sender.Client.PostRawAsync(server, target, send.Records, current));
            identity = current with { BaseSequence = BatchIdentity.Advance(current.BaseSequence, send.Records.Count) };
        });
    }

    private static Task PauseAsync(Random random, TimeSpan about) => Task.Delay(about * (0.5 + random.NextDouble()));

    /// <param name="always">Where all goes; null: to any of the targets.</param>
    private async Task RunAsync(string name, ProducerKind kind, Random random, int mostRecords, HistoryTarget? always, Func<Send, Task> sendAsync)
    {
        for (var written = 0; !stop.IsCancellationRequested;)
        {
            var target = always ?? targets[random.Next(targets.Count)];
            var records = Enumerable.Range(written, random.Next(1, mostRecords + 1)).Select(number => Make(target, name, number, random)).ToList();
            written += records.Count;
            await sendAsync(new Send(sender.NextNumber(), name, kind, target, records));
            await PauseAsync(random, s_pause);
        }
    }

    /// <summary>Some of the shared keys come all the time, others seldom, so that what stands last of them is old.</summary>
    private Payload Make(HistoryTarget target, string name, int number, Random random)
    {
        if (!target.IsCompacted)
            return Payload.Of(name, number);
        var place = random.NextDouble();
        var key = string.Create(CultureInfo.InvariantCulture, $"key-{(int)(SharedKeys * place * place)}");
        return random.NextDouble() < Tombstones ? Payload.Tombstone(key, NextTombstoneTime()) : Payload.Of(key, name, number);
    }

    /// <summary>Now, or a little later: another for each.</summary>
    private long NextTombstoneTime()
    {
        while (true)
        {
            var last = Volatile.Read(ref _lastTombstone);
            var next = Math.Max(last + 1, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
            if (Interlocked.CompareExchange(ref _lastTombstone, next, last) == last)
                return next;
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
