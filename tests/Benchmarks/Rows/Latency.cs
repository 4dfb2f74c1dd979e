using System.Collections.Concurrent;
using System.Diagnostics;
using ManagedLog.Benchmarks.Http;
using ManagedLog.Benchmarks.Running;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Benchmarks.Rows;

/// <summary>
/// From the moment a record is sent to the moment a reader that waits at the end has it, at 100 records a second: the reader on the same instance and on another one.
/// Against a bare append alone at the same pace, which nobody reads.
/// </summary>
internal sealed class Latency : IBenchmark
{
    private const double PerSecond = 100;

    public string Name => "latency";

    public string Description => "Produce to fetch by a waiting reader at 100 records/s, against a bare append.";

    public async Task<IReadOnlyList<Finding>> RunAsync(Bed bed, Effort effort)
    {
        var services = await bed.ServicesAsync(2);
        var topic = await bed.CreateTopicAsync();
        List<double> bare = [], acknowledged = [], one = [], two = [];
        for (var round = 0; round <= effort.Pairs; round++)
        {
            var appends = await BareAsync(bed, effort, $"latency-{round}");
            var same = await ReadAsync(services[0], services[0], topic, effort);
            var other = await ReadAsync(services[0], services[1], topic, effort);
            if (round == 0)
                continue;
            bare.AddRange(appends);
            one.AddRange(same.Read);
            two.AddRange(other.Read);
            acknowledged.AddRange(same.Acknowledged);
        }

        return
        [
            Of("until acknowledged", acknowledged, bare, null),
            Of("until read, on one instance", one, bare, 3),
            Of("until read, on another instance", two, bare, 25),
        ];
    }

    private static Finding Of(string what, List<double> ours, List<double> bare, double? more)
    {
        var (median, other) = (Pairs.Median(ours), Pairs.Median(bare));
        var sorted = ours.Order().ToArray();
        return new Finding("latency", what, median, "ms", other, null, more is null ? "reported" : $"≤ bare + {more} ms", more is null ? null : median <= other + more,
            $"{median - other:+0.00;-0.00} ms; 99 %: {sorted[sorted.Length * 99 / 100]:F1} ms");
    }

    private static async Task<List<double>> BareAsync(Bed bed, Effort effort, string blob)
    {
        using var connection = await HttpConnection.OpenAsync(bed.Bare.Server);
        await bed.Bare.CreateAsync(connection, blob);
        var record = Payloads.Batch(100, 200);
        var taken = new List<double>();
        var position = 0L;
        using var gate = new SemaphoreSlim(1);
        await Load.PaceAsync(PerSecond, effort.Seconds, async () =>
        {
            // A conditional append cannot go before the one before it was answered; waiting for that is not the append's time.
            await gate.WaitAsync();
            var sentAt = Stopwatch.GetTimestamp();
            await bed.Bare.AppendAtAsync(connection, blob, position, record);
            position += record.Length;
            gate.Release();
            taken.Add(Stopwatch.GetElapsedTime(sentAt).TotalMilliseconds);
        });
        return taken;
    }

    private static async Task<(List<double> Read, List<double> Acknowledged)> ReadAsync(ServiceInstance writer, ServiceInstance reader, string topic, Effort effort)
    {
        using var ends = await reader.ConnectAsync();
        await ends.ExpectAsync("GET", $"/topics/{topic}/partitions/0/records?offset=latest&timeout=0", reader.Host, default, Payloads.RawAccept);
        var offset = long.Parse(ends.Head.Split('\n').Single(static line => line.StartsWith("High-Watermark:", StringComparison.OrdinalIgnoreCase)).Split(':')[1]);
        var read = new List<double>();
        var acknowledged = new ConcurrentBag<double>();
        var expected = (int)(PerSecond * effort.Seconds);
        var reading = ReadAllAsync(ends, reader.Host, topic, offset, expected, read);
        var idle = new ConcurrentBag<HttpConnection>();
        await Load.PaceAsync(PerSecond, effort.Seconds, async () =>
        {
            if (!idle.TryTake(out var connection))
                connection = await writer.ConnectAsync();
            var sentAt = Stopwatch.GetTimestamp();
            var body = $$"""{"records":[{"value":{{sentAt}}}]}""";
            await connection.ExpectAsync(HttpConnection.Request("POST", $"/topics/{topic}", writer.Host, System.Text.Encoding.ASCII.GetBytes(body), Payloads.JsonType));
            acknowledged.Add(Stopwatch.GetElapsedTime(sentAt).TotalMilliseconds);
            idle.Add(connection);
        });
        await reading;
        foreach (var connection in idle)
            connection.Dispose();
        return (read, [.. acknowledged]);
    }

    /// <summary>Each value is the moment at which it was sent.</summary>
    private static async Task ReadAllAsync(HttpConnection connection, string host, string topic, long offset, int expected, List<double> taken)
    {
        while (taken.Count < expected)
        {
            await connection.ExpectAsync("GET", $"/topics/{topic}/partitions/0/records?offset={offset}&timeout=10000", host, default, Payloads.RawAccept);
            var now = Stopwatch.GetTimestamp();
            for (var rest = connection.Body; RecordBatchReader.TryOpen(rest, 0, out var batch, out _); rest = rest[batch.Header.SizeInBytes..])
            {
                offset = batch.Header.NextOffset;
                while (batch.TryReadNext(out var record))
                    taken.Add(Stopwatch.GetElapsedTime(long.Parse(record.Value!.Value.Span), now).TotalMilliseconds);
            }
        }
    }
}
