using System.Diagnostics;
using ManagedLog.Proof.Rest;

namespace ManagedLog.Proof.Streaming;

/// <summary>Writes a file with many producers at once over all servers, reads everything back over all servers, and checks it.</summary>
internal sealed class StreamProof(LineFile file, LineShares shares, IReadOnlyList<Uri> servers, RestClient client)
{
    private const int RequestBytes = 512 * 1024;
    private const int FetchBytes = 4 * 1024 * 1024;

    private readonly string _topic = $"stream-{Guid.NewGuid():N}";

    /// <exception cref="ProofFailedException">Something was not acknowledged, or did not come back as it was written.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine(
            $"{file.Count:N0} records (lines), {file.Size:N0} bytes; {shares.Producers} producers, {shares.Partitions} partitions, {servers.Count} instances");
        await client.CreateTopicAsync(servers[0], _topic, shares.Partitions, cancellationToken);

        var clock = Stopwatch.StartNew();
        var requests = await Task.WhenAll(Enumerable.Range(0, shares.Producers).Select(producer => WriteAsync(producer, cancellationToken)));
        Report($"written  {file.Count:N0} records in {requests.Sum():N0} requests", file.Size, clock.Elapsed);

        clock.Restart();
        var checks = await Task.WhenAll(Enumerable.Range(0, shares.Partitions).Select(partition => ReadAsync(partition, cancellationToken)));
        Report($"read     {checks.Sum(static check => check.NextOffset):N0} records", checks.Sum(static check => check.Bytes), clock.Elapsed);
        Console.WriteLine("checked  complete, none twice, content equal, in order for each producer, offsets without gaps");
    }

    private static void Report(string what, long bytes, TimeSpan elapsed) =>
        Console.WriteLine($"{what}, {bytes:N0} bytes, {elapsed.TotalSeconds:F1} s, {bytes / elapsed.TotalSeconds / (1024 * 1024):F1} MiB/s");

    /// <summary>One request after the other, so that the producer's records have an order.</summary>
    private async Task<int> WriteAsync(int producer, CancellationToken cancellationToken)
    {
        var lastOffset = -1L;
        var requests = 0;
        for (var sequence = 0; sequence < shares.CountOf(producer); requests++)
        {
            var records = NextRequest(producer, sequence);
            var result = await client.ProduceAsync(servers[producer % servers.Count], _topic, shares.PartitionOf(producer), records, cancellationToken);
            if (result.Outcome != ProduceOutcome.Acknowledged)
                throw new ProofFailedException($"Producer {producer}, from its record {sequence} on: not acknowledged: {result.Reason}");
            foreach (var offset in result.Offsets)
            {
                if (offset <= lastOffset)
                    throw new ProofFailedException($"Producer {producer} was told offset {offset} after {lastOffset}.");
                lastOffset = offset;
            }

            sequence += records.Count;
        }

        return requests;
    }

    private List<ProduceRecord> NextRequest(int producer, int sequence)
    {
        List<ProduceRecord> records = [];
        for (var size = 0; sequence < shares.CountOf(producer) && size < RequestBytes; sequence++)
        {
            var key = new ProducerKey(producer, sequence);
            records.Add(new ProduceRecord(key.ToBytes(), shares.Line(key)));
            size += shares.Line(key).Length;
        }

        return records;
    }

    private async Task<PartitionCheck> ReadAsync(int partition, CancellationToken cancellationToken)
    {
        // Not the server that most of it was written through.
        var server = servers[(partition + 1) % servers.Count];
        var check = new PartitionCheck(shares, partition);
        var ends = await client.EndsAsync(server, _topic, partition, cancellationToken);
        while (check.NextOffset < ends.EndOffset)
        {
            foreach (var record in await client.FetchAsync(server, _topic, partition, check.NextOffset, FetchBytes, cancellationToken))
                check.Take(record);
        }

        check.Complete();
        return check;
    }
}
