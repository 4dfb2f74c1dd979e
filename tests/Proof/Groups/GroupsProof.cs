using System.Diagnostics;
using System.Globalization;
using System.Text;
using ManagedLog.Proof.Following;
using ManagedLog.Proof.Rest;
using ManagedLog.Proof.Servers;

namespace ManagedLog.Proof.Groups;

/// <summary>
/// A topic is written while a consumer group reads it, every request going to another service process. Consumers are killed and added all the time. In the end each record was processed;
/// more than once only what a killed consumer had not committed; and after each change the partitions were with the living in time.
/// </summary>
internal sealed class GroupsProof(ServiceCluster cluster, RestClient client, GroupClient groups, GroupsSettings settings)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_catchUp = TimeSpan.FromSeconds(60);

    private readonly string _topic = $"groups-{Guid.NewGuid():N}";
    private readonly string _group = $"readers-{Guid.NewGuid():N}";
    private readonly GroupTally _tally = new(settings.Partitions);
    private readonly List<GroupConsumer> _living = [];
    private readonly List<GroupConsumer> _all = [];
    private readonly Latencies _settled = new();

    /// <exception cref="ProofFailedException">A record was not processed, or again without need, or a group was not settled in time.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine(
            $"{settings.Partitions} partitions, {settings.Consumers} consumers, {cluster.Addresses.Count} instances and a random one for each request, {settings.Duration.TotalSeconds:F0} s, "
            + $"session {settings.Session.TotalSeconds:F1} s");
        await client.CreateTopicAsync(cluster.Addresses[0], _topic, settings.Partitions, cancellationToken);
        await groups.StartAsync(cancellationToken);
        using var writing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var writers = Enumerable.Range(0, 2).Select(writer => WriteAsync(writer, writing.Token)).ToList();
        for (var i = 0; i < settings.Consumers; i++)
            Add();
        await SettleAsync(cancellationToken);
        var (kills, joins, leaves) = await ChangeAsync(cancellationToken);
        await writing.CancelAsync();
        var written = (await Task.WhenAll(writers)).Sum();
        await CatchUpAsync(cancellationToken);
        foreach (var consumer in _living)
            await consumer.EndAsync();
        _all.ForEach(static consumer => consumer.Dispose());
        Console.WriteLine($"changes   {kills} killed, {joins} added, {leaves} left by themselves");
        Console.WriteLine(
            $"settled   after each: p50 {_settled.Percentile(50):F0} ms, longest {_settled.Percentile(100):F0} ms (session time-out and two heartbeats: {settings.SettleLimit.TotalMilliseconds:F0} ms)");
        Console.WriteLine($"records   {written:N0} acknowledged, {_tally.Distinct:N0} processed, {_tally.Again:N0} of them again");
        Console.WriteLine($"requests  {groups.Requests:N0} by the consumers and on the group; {_all.Sum(static consumer => consumer.Refused)} told that they had lost what they had");
        Console.WriteLine("checked   no record was left unprocessed; again only what had not been committed by a consumer that was killed or had lost its partitions");
        if (_settled.Percentile(100) > settings.SettleLimit.TotalMilliseconds)
            throw new ProofFailedException($"A change took {_settled.Percentile(100):F0} ms to settle.");
    }

    private void Add()
    {
        var consumer = new GroupConsumer($"consumer-{_all.Count}", groups, _tally, _group, _topic, settings.Session);
        _living.Add(consumer);
        _all.Add(consumer);
        consumer.Start();
    }

    private async Task<(int Kills, int Joins, int Leaves)> ChangeAsync(CancellationToken cancellationToken)
    {
        var (kills, joins, leaves) = (0, 0, 0);
        var began = Stopwatch.GetTimestamp();
        for (var change = 0; Stopwatch.GetElapsedTime(began) < settings.Duration; change++)
        {
            var victim = _living[Random.Shared.Next(_living.Count)];
            if (_living.Count <= settings.Consumers - 1 || change % 2 == 1)
            {
                Add();
                joins++;
            }
            else if (change % 6 == 4)
            {
                _living.Remove(victim);
                await victim.EndAsync();
                leaves++;
            }
            else
            {
                _living.Remove(victim);
                await victim.KillAsync(beforeCommit: kills % 2 == 0);
                kills++;
            }

            await SettleAsync(cancellationToken);
            foreach (var consumer in _all.Where(static consumer => consumer.Running.IsFaulted))
                await consumer.Running;
        }

        return (kills, joins, leaves);
    }

    /// <summary>Until the living have all partitions, each its share, and nobody else is there.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var names = _living.Select(static consumer => consumer.Name).ToHashSet();
        var share = settings.Partitions / names.Count;
        while (true)
        {
            var members = await groups.MembersAsync(_group, cancellationToken);
            if (names.SetEquals(members.Keys) && members.Values.Sum() == settings.Partitions && members.Values.All(has => has == share || has == share + 1))
                break;
            if (Stopwatch.GetElapsedTime(began) > settings.SettleLimit + s_catchUp)
                throw new ProofFailedException($"The group is not settled: {string.Join(", ", members.Select(member => $"{member.Key} {member.Value}"))}; living are {string.Join(", ", names)}.");
            foreach (var consumer in _living.Where(static consumer => consumer.Running.IsFaulted))
                await consumer.Running;
            await Task.Delay(s_look, cancellationToken);
        }

        _settled.Add(Stopwatch.GetElapsedTime(began));
    }

    /// <summary>Writes numbered records and answers how many were acknowledged.</summary>
    private async Task<long> WriteAsync(int writer, CancellationToken cancellationToken)
    {
        var acknowledged = 0L;
        for (var number = 0L; !cancellationToken.IsCancellationRequested; number++)
        {
            var value = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{writer}/{number}"));
            var server = cluster.Addresses[Random.Shared.Next(cluster.Addresses.Count)];
            var partition = (int)((number + writer) % settings.Partitions);
            var result = await client.ProduceAsync(server, _topic, partition, [new ProduceRecord(Array.Empty<byte>(), value)], CancellationToken.None);
            if (result.Outcome != ProduceOutcome.Acknowledged)
                throw new ProofFailedException($"A record was not acknowledged, though no service was killed: {result}");
            acknowledged++;
            await Task.Delay(s_pause, CancellationToken.None);
        }

        return acknowledged;
    }

    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        var ends = new List<long>();
        for (var partition = 0; partition < settings.Partitions; partition++)
            ends.Add((await client.EndsAsync(cluster.Addresses[0], _topic, partition, cancellationToken)).EndOffset);
        var began = Stopwatch.GetTimestamp();
        while (_tally.Missing(ends) > 0 || await groups.TotalLagAsync(_group, cancellationToken) > 0)
        {
            if (Stopwatch.GetElapsedTime(began) > s_catchUp)
                throw new ProofFailedException($"{_tally.Missing(ends)} records were not processed within {s_catchUp.TotalSeconds} s after the last was written.");
            await Task.Delay(s_look, cancellationToken);
        }
    }
}
