using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using ManagedLog.Proof.Rest;
using ManagedLog.Proof.Servers;

namespace ManagedLog.Proof.Following;

/// <summary>
/// Records are produced on one instance at moments of chance, as of many independent sources, and seen by a reader of events on another. Both are in this program, so one
/// clock measures from before the request is sent to after the event was read.
/// </summary>
internal sealed class EventsProof(ServiceCluster cluster, RestClient client, EventsSettings settings) : IDisposable
{
    private const int Seed = 1;

    /// <summary>Not measured: both processes translate their code the first time that it runs.</summary>
    private const int WarmUp = 200;
    private const double WarmUpRate = 20;

    private static readonly TimeSpan s_lastEvent = TimeSpan.FromSeconds(30);

    private readonly string _topic = $"events-{Guid.NewGuid():N}";
    private readonly ConcurrentDictionary<int, long> _seenAt = new();
    private readonly SemaphoreSlim _seen = new(0);

    /// <exception cref="ProofFailedException">Events came too late, twice, or not at all.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await client.CreateTopicAsync(cluster.Addresses[0], _topic, partitions: 1, cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadAsync(stop.Token);
        var random = new Random(Seed);
        var first = await MeasureAsync(0, WarmUp, WarmUpRate, random, reading, cancellationToken);
        Console.WriteLine($"produce on instance 0, events on instance 1, 1 partition, {settings.Duration.TotalSeconds:F0} s each rate");
        Console.WriteLine("records/s  records   from the request: p50   p99   max ms   from the acknowledgement: p50   p99 ms");
        var tooLate = new List<string>();
        var number = first.NextNumber;
        foreach (var rate in settings.Rates)
        {
            var count = (int)Math.Max(1, rate * settings.Duration.TotalSeconds);
            var measured = await MeasureAsync(number, count, rate, random, reading, cancellationToken);
            number = measured.NextNumber;
            var (whole, after) = (measured.FromRequest, measured.FromAnswer);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{rate,9} {whole.Count,8} {whole.Percentile(50),24:F1} {whole.Percentile(99),5:F1} {whole.Percentile(100),5:F1} {after.Percentile(50),34:F1} {after.Percentile(99),5:F1}"));
            if (whole.Percentile(50) > settings.HalfWithin || whole.Percentile(99) > settings.NearlyAllWithin)
                tooLate.Add($"{rate}/s");
        }

        await stop.CancelAsync();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (tooLate.Count > 0)
            throw new ProofFailedException($"Later than p50 {settings.HalfWithin} ms, p99 {settings.NearlyAllWithin} ms: {string.Join(", ", tooLate)}.");
        Console.WriteLine($"checked   every record seen once; p50 <= {settings.HalfWithin} ms, p99 <= {settings.NearlyAllWithin} ms");
    }

    public void Dispose() => _seen.Dispose();

    private async Task<(Latencies FromRequest, Latencies FromAnswer, int NextNumber)> MeasureAsync(
        int firstNumber, int count, double rate, Random random, Task reading, CancellationToken cancellationToken)
    {
        var sending = new List<Task<(int Number, long SentAt, long AnsweredAt)>>();
        var due = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            // Gaps of chance: exponentially distributed.
            due += (long)(-Math.Log(1 - random.NextDouble()) / rate * Stopwatch.Frequency);
            var pause = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (pause > TimeSpan.Zero)
                await Task.Delay(pause, cancellationToken);
            sending.Add(SendAsync(firstNumber + i, cancellationToken));
        }

        var sent = await Task.WhenAll(sending);
        for (var i = 0; i < count; i++)
        {
            var seen = _seen.WaitAsync(s_lastEvent, cancellationToken);
            if (await Task.WhenAny(seen, reading) == reading)
                await reading;
            if (!await seen)
                throw new ProofFailedException($"{count - i} records were acknowledged and not seen within {s_lastEvent.TotalSeconds} s.");
        }

        var (fromRequest, fromAnswer) = (new Latencies(), new Latencies());
        foreach (var (number, sentAt, answeredAt) in sent)
        {
            fromRequest.Add(Stopwatch.GetElapsedTime(sentAt, _seenAt[number]));
            fromAnswer.Add(Stopwatch.GetElapsedTime(answeredAt, _seenAt[number]));
        }

        return (fromRequest, fromAnswer, firstNumber + count);
    }

    private async Task<(int Number, long SentAt, long AnsweredAt)> SendAsync(int number, CancellationToken cancellationToken)
    {
        var sentAt = Stopwatch.GetTimestamp();
        var value = Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
        var result = await client.ProduceAsync(cluster.Addresses[0], _topic, partition: 0, [new ProduceRecord(Array.Empty<byte>(), value)], cancellationToken);
        return result.Outcome == ProduceOutcome.Acknowledged
            ? (number, sentAt, Stopwatch.GetTimestamp())
            : throw new ProofFailedException($"Record {number} was not acknowledged: {result.Reason}");
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        using var reader = new EventReader();
        while (true)
        {
            await foreach (var record in reader.ReadAsync(new Uri(cluster.Addresses[1], $"/topics/{_topic}/partitions/0/records?offset=earliest"), cancellationToken))
            {
                var at = Stopwatch.GetTimestamp();
                var number = int.Parse(Encoding.ASCII.GetString(record.Value), CultureInfo.InvariantCulture);
                if (!_seenAt.TryAdd(number, at))
                    throw new ProofFailedException($"Record {number} was seen twice.");
                _seen.Release();
            }
        }
    }
}
