using System.Diagnostics;
using System.Globalization;
using System.Text;
using ManagedLog.Proof.Rest;
using ManagedLog.Proof.Servers;

namespace ManagedLog.Proof.Searching;

/// <summary>
/// Writes many records through one instance, and finds one of them through another one that has read none: by its key where the key says, by its key everywhere, and by its text from the
/// newest on. Every step must be short, and the memory of the instance must not grow with what it searches.
/// </summary>
internal sealed class SearchProof(ServiceCluster cluster, RestClient client, SearchClient search, int records, int partitions)
{
    private const int RequestRecords = 5_000;
    private const int Producers = 4;

    /// <summary>So that most of what is searched stands in sealed segments, which are read from storage.</summary>
    private const string SegmentBytes = "16777216";
    private const long MaxGrowthBytes = 300L * 1024 * 1024;

    private static readonly TimeSpan s_longestStep = TimeSpan.FromSeconds(2);

    private readonly string _topic = $"search-{Guid.NewGuid():N}";
    private long _peak;

    /// <exception cref="ProofFailedException">A step took too long, the memory grew, or the record was not found, or not once.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (writer, reader) = (cluster.Addresses[0], cluster.Addresses[1]);
        await client.CreateTopicAsync(writer, _topic, partitions, cancellationToken, new TopicSetting("segment.bytes", SegmentBytes));
        var wanted = records / 2;
        var (partition, offset) = await WriteAsync(writer, wanted, cancellationToken);
        Console.WriteLine($"written   {records:N0} records in {partitions} partitions; the one to be found is at offset {offset} of partition {partition}");

        var url = new Uri(reader, $"/v3/clusters/{await client.ClusterIdAsync(reader, cancellationToken)}/insight/topics/{_topic}/search");
        var before = cluster.WorkingSet(1);
        var key = KeyOf(wanted);
        await FindAsync(url, "by key, where the key says", new SearchQuestion(key, null, "oldest", AllPartitions: false), (partition, offset), cancellationToken);
        await FindAsync(url, "by key, everywhere", new SearchQuestion(key, null, "oldest", AllPartitions: true), (partition, offset), cancellationToken);
        await FindAsync(url, "by text, newest first", new SearchQuestion(null, $"\"{key}\"", "newest", AllPartitions: true), (partition, offset), cancellationToken);
        Console.WriteLine($"memory    {before / 1048576} MiB before, at most {_peak / 1048576} MiB after a step");
        if (_peak - before > MaxGrowthBytes)
            throw new ProofFailedException($"The memory of the instance grew by {(_peak - before) / 1048576} MiB.");
        Console.WriteLine($"checked   found once each time, where it was acknowledged; no step took {s_longestStep.TotalSeconds} s");
    }

    private async Task FindAsync(Uri url, string how, SearchQuestion question, (int, long) place, CancellationToken cancellationToken)
    {
        Console.WriteLine(how);
        var found = new List<SearchMatch>();
        for (var step = 1; ; step++)
        {
            var startedAt = Stopwatch.GetTimestamp();
            var answer = await search.StepAsync(url, question, cancellationToken);
            var elapsed = Stopwatch.GetElapsedTime(startedAt);
            _peak = Math.Max(_peak, cluster.WorkingSet(1));
            found.AddRange(answer.Matches);
            Console.WriteLine(
                $"  step {step}: {answer.Searched.Records,9:N0} records, {answer.Searched.Bytes,11:N0} bytes, {answer.Searched.StorageReads,3} reads, {elapsed.TotalMilliseconds,5:F0} ms, "
                + $"{answer.Matches.Count} found, stopped: {answer.StoppedBecause}, memory {cluster.WorkingSet(1) / 1048576} MiB");
            if (elapsed >= s_longestStep)
                throw new ProofFailedException($"A step took {elapsed.TotalSeconds:F2} s.");
            if (answer.NextPageToken is null)
                break;
            question = question with { PageToken = answer.NextPageToken };
        }

        if (found.Count != 1 || (found[0].PartitionId, found[0].Offset) != place)
            throw new ProofFailedException($"Found {string.Join(", ", found)}; one record at {place} was to be found.");
    }

    /// <summary>Where the wanted record was acknowledged.</summary>
    private async Task<(int Partition, long Offset)> WriteAsync(Uri server, int wanted, CancellationToken cancellationToken)
    {
        (int, long)? place = null;
        var next = -RequestRecords;
        await Task.WhenAll(Enumerable.Range(0, Producers).Select(_ => ProduceAsync()));
        return place ?? throw new ProofFailedException("The record to be found was not acknowledged.");

        async Task ProduceAsync()
        {
            for (var first = Interlocked.Add(ref next, RequestRecords); first < records; first = Interlocked.Add(ref next, RequestRecords))
            {
                List<ProduceRecord> batch = [.. Enumerable.Range(first, Math.Min(RequestRecords, records - first)).Select(number => new ProduceRecord(Bytes(KeyOf(number)), Bytes(ValueOf(number))))];
                var offsets = await client.ProduceToTopicAsync(server, _topic, batch, cancellationToken);
                if (wanted >= first && wanted < first + batch.Count)
                    place = offsets[wanted - first];
            }
        }
    }

    private static string KeyOf(int number) => string.Create(CultureInfo.InvariantCulture, $"order-{number:D8}");

    private static string ValueOf(int number) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"order":"{{KeyOf(number)}}","customer":"customer-{{number % 9973}}","amount":{{number % 100_000 / 100.0}}}""");

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);
}
