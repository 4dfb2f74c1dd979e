using System.Globalization;
using ManagedLog.Proof.History.Events;
using ManagedLog.Proof.History.Faults;
using ManagedLog.Proof.History.Judging;
using ManagedLog.Proof.History.Workload;
using ManagedLog.Proof.Rest;
using ManagedLog.Proof.Servers;

namespace ManagedLog.Proof.History;

/// <summary>Records what concurrent producers and readers of several topics do and are told, while processes are killed and paused and the storage is stopped.</summary>
internal sealed class HistoryProof(ServiceCluster cluster, HistoryRecorder recorder, HousekeepingWatch housekeeping, HistorySettings settings)
{
    private static readonly TimeSpan s_clientTimeout = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan s_passTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_lastTries = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_progress = TimeSpan.FromSeconds(5);

    /// <summary>Settings of the instances under which the faults are long, and time makes work due within seconds.</summary>
    public static IReadOnlyDictionary<string, string> ServiceSettings { get; } = new Dictionary<string, string>
    {
        ["ManagedLog__Engine__AppendTimeout"] = FaultPlan.AppendTimeout.ToString(),
        ["ManagedLog__Engine__HousekeepingLease"] = FaultPlan.Lease.ToString(),
        ["ManagedLog__Engine__HousekeepingDelay"] = "00:00:02",
        ["ManagedLog__HousekeepingInterval"] = "00:00:01",
    };

    /// <summary>Ends after the last pass over every partition; what it means is for the judge to say.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var targets = await CreateTopicsAsync(cancellationToken);
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 100 }) { Timeout = Timeout.InfiniteTimeSpan };
        using var setup = new RestClient();
        var clusterId = await setup.ClusterIdAsync(cluster.Addresses[0], cancellationToken);
        var instances = new InstanceChoice(cluster.Addresses, recorder);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var disturber = new Disturber(cluster, recorder, housekeeping);
        var sender = new RecordingSender(recorder, instances, new AppendClient(client, clusterId, s_clientTimeout));
        var writing = StartProducers(new Producers(sender, targets, stop.Token, deadline.Token));
        var reading = StartReaders(new Readers(new RecordingFetcher(recorder, instances, new ReadClient(client, s_clientTimeout)), stop.Token), targets);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var progress = ReportAsync(disturber, watching.Token);

        try
        {
            await Task.WhenAll(
                disturber.RunAsync(FaultPlan.Make(settings.Seed, settings.Duration, cluster.Addresses.Count), cancellationToken),
                Task.Delay(settings.Duration, cancellationToken));
            await AllAcknowledgeAgainAsync(targets, recorder.Now, cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            deadline.CancelAfter(s_lastTries);
            await Task.WhenAll([.. writing, .. reading]);
            await watching.CancelAsync();
            await progress;
        }

        // One instance that knows only what storage says, and the others as they are.
        await cluster.KillAsync(0);
        await cluster.StartAgainAsync(0, cancellationToken);
        var readers = new Readers(new RecordingFetcher(recorder, instances, new ReadClient(client, s_passTimeout)), cancellationToken);
        foreach (var target in targets)
        {
            var passes = Enumerable.Range(0, cluster.Addresses.Count).Select(instance => readers.PassAsync(instance, target, (ReadFormat)(instance % 3)));
            await Task.WhenAll(passes);
        }
    }

    /// <summary>
    /// Until every partition has taken a record that was sent after all faults were over, and the housekeeping and compaction have done something. Not for ever: the judge sees
    /// whether it did.
    /// </summary>
    private async Task AllAcknowledgeAgainAsync(List<HistoryTarget> targets, long healedAt, CancellationToken cancellationToken)
    {
        while (recorder.Now < healedAt + s_patience.TotalMicroseconds)
        {
            var events = recorder.Events;
            var acknowledged =
                from sent in events.OfType<AppendInvoked>()
                where sent.At > healedAt
                join answer in events.OfType<AppendCompleted>() on sent.Op equals answer.Op
                where answer.Outcome == ProduceOutcome.Acknowledged
                select (sent.Topic, sent.Partition);
            var isCompacted = events.Any(static happened => happened is CompactionRan { Records: > 0 });
            if (housekeeping.Ticks > 0 && isCompacted && !targets.Select(static target => (target.Topic, target.Partition)).Except(acknowledged).Any())
                return;
            await Task.Delay(s_glance, cancellationToken);
        }
    }

    private async Task<List<HistoryTarget>> CreateTopicsAsync(CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..8];
        using var client = new RestClient();
        var targets = new List<HistoryTarget>();
        foreach (var topic in HistoryTopic.All)
        {
            var name = $"{topic.Name}-{id}";
            await client.CreateTopicAsync(cluster.Addresses[0], name, topic.Partitions, cancellationToken, topic.Configs);
            recorder.Add(new TopicDeclared(recorder.Now, name, topic.Partitions, topic.MayShrink) { DeleteRetentionMs = topic.DeleteRetentionMs });
            var isCompacted = topic.DeleteRetentionMs is not null;
            targets.AddRange(Enumerable.Range(0, topic.Partitions).Select(partition => new HistoryTarget(name, partition) { IsCompacted = isCompacted }));
        }

        return targets;
    }

    private List<Task> StartProducers(Producers producers) =>
    [
        .. Start(4, "plain", producers.RunPlainAsync),
        .. Start(3, "keyed", producers.RunKeyedAsync),
        .. Start(4, "numbered", producers.RunNumberedAsync),
        .. Start(2, "streamed", producers.RunStreamedAsync),
    ];

    private List<Task> StartReaders(Readers readers, List<HistoryTarget> targets) =>
    [
        .. targets.SelectMany((target, index) => Start(1, $"follower-{index}", (name, random) => readers.FollowAsync(name, target, random))),
        .. targets.SelectMany((target, index) => Start(1, $"rereader-{index}", (name, random) => readers.RereadAsync(name, target, random))),
        .. targets.SelectMany((target, index) => Start(1, $"timely-{index}", (name, random) => readers.ReadByTimeAsync(name, target, random))),
    ];

    private IEnumerable<Task> Start(int count, string kind, Func<string, Random, Task> runAsync) =>
        Enumerable.Range(0, count).Select(number => runAsync($"{kind}-{number}", new Random(HashCode(settings.Seed, kind, number))));

    /// <summary>The same in every run.</summary>
    private static int HashCode(int seed, string kind, int number) => kind.Aggregate((seed * 31) + number, static (hash, letter) => unchecked((hash * 31) + letter));

    private async Task ReportAsync(Disturber disturber, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(s_progress, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
                return;
            var events = recorder.Events;
            var acknowledged = events.OfType<AppendCompleted>().Sum(static append => append.Offsets.Count);
            var read = events.OfType<ReadCompleted>().Sum(static answer => answer.Records.Count);
            Console.WriteLine(
                $"{recorder.Now / 1_000_000,5} s  {acknowledged:N0} records acknowledged, {read:N0} read; {disturber.Begun} faults, {disturber.UnderWay} under way; "
                + $"housekeeping looked after {housekeeping.Done} partitions in {housekeeping.Ticks} ticks of {housekeeping.Instances} instances");
        }
    }
}
