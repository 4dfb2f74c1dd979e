using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Simulation.Judging;

namespace ManagedLog.Simulation.Workload;

/// <summary>
/// Numbers its batches itself, and sends each again, to any instance and sometimes to two at once, until it is acknowledged: it stands exactly once, and
/// everyone who answers gives the same offset (I6).
/// </summary>
internal sealed class IdempotentProducer(World world, Client client)
{
    // Together at most the five batches that a log remembers of a producer (KIP-98).
    private const int MostInFlight = 2;
    private const int MostBatches = 2;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    private ProducerIdentity _identity = ProducerIdentity.None;
    private Topic? _topic;
    private int _partition;
    private int _sequence;

    public async Task RunAsync()
    {
        await BeginAsync();
        for (var sends = 0; sends < world.Scenario.SendsOfEach; sends++)
        {
            if (sends == world.Scenario.SendsOfEach / 2)
                await world.Calendar.RestAsync();
            await world.DelayAsync(client.Random.LogBetween(Shortest, world.Scenario.LongestThought * 2));
            await SendAsync([.. Enumerable.Range(0, client.Random.Between(1, MostInFlight)).Select(_ => NextRequest())]);
        }
    }

    /// <summary>Its sequences belong to one partition, of a topic that stays.</summary>
    private async Task BeginAsync()
    {
        var plan = client.Random.Pick([.. world.Scenario.Topics.Where(t => !t.IsRecreated)]);
        while (_topic is null || _identity.IsNone)
        {
            var instance = await world.AnyInstanceAsync(client.Random);
            _topic ??= await client.FindAsync(instance, plan.Name);
            var reply = await instance.CallAsync((engine, token) => engine.NewProducerAsync(token));
            if (reply.IsAnswered)
                _identity = reply.Result.Value;
            else
                await world.DelayAsync(Shortest);
        }

        _partition = client.Random.Below(plan.Partitions);
    }

    private Request NextRequest()
    {
        List<byte[]> batches = [.. Enumerable.Range(0, client.Random.Between(1, MostBatches)).Select(_ => NextBatch())];
        var request = new Request(batches, [.. batches.Select(b => client.Begin(_topic!, _partition, b))]);
        world.Trace.Add(client.Name, $"begins {string.Join(" ", request.Attempts.Select(a => $"{a.Number}:{a.Content}"))} to {_topic!.Name}-{_partition}");
        return request;
    }

    private byte[] NextBatch()
    {
        var batch = Batches.Draw(client.Random, world.Loop.Time.GetUtcNow().ToUnixTimeMilliseconds(), world.IsCompacted(_topic!.Name));
        RecordBatchPatch.SetIdentity(batch, new BatchIdentity(_identity, _sequence));
        RecordBatchPatch.SealCrc(batch);
        RecordBatchHeader.TryRead(batch, out var header);
        _sequence = BatchIdentity.Advance(_sequence, header.RecordCount);
        return batch;
    }

    /// <summary>Several requests are under way at once, in order or nearly; what has no answer is sent again with all that follows on it.</summary>
    private async Task SendAsync(List<Request> requests)
    {
        while (requests.Exists(r => !r.IsDone))
        {
            var tries = new List<Task>();
            for (var instances = client.Random.Chance(0.3) ? 2 : 1; instances > 0; instances--)
            {
                var instance = await world.AnyInstanceAsync(client.Random);
                foreach (var request in requests.Where(r => !r.IsDone).ToList())
                {
                    tries.Add(TryAsync(instance, request, isNext: requests.TakeWhile(r => r != request).All(r => r.IsDone)));
                    if (client.Random.Chance(0.8))
                        await world.DelayAsync(Shortest);
                }
            }

            await Task.WhenAll(tries);
            if (requests.Exists(r => !r.IsDone))
                await world.DelayAsync(client.Random.LogBetween(Shortest, Longest));
        }
    }

    private async Task TryAsync(Incarnation instance, Request request, bool isNext)
    {
        var append = new AppendRequest([.. request.Batches.Select(b => (Memory<byte>)b.ToArray())]);
        var patience = client.Random.Chance(0.7) ? (TimeSpan?)null : client.Random.LogBetween(Shortest, Longest);
        var reply = await instance.CallAsync((engine, token) => engine.AppendAsync(_topic!, _partition, append, token), patience);
        var offsets = reply.IsAnswered ? string.Join(" ", reply.Result.Value.Batches.Select(b => b.BaseOffset)) : reply.Refusal.ToString();
        world.Trace.Add(client.Name, $"tried {request.Attempts[0].Number} by {instance.Name}: {offsets}");
        if (isNext && IsOfSequences(reply.Refusal))
            world.Report("I6", $"{instance.Name} refuses what comes next of producer {_identity.Id}: {reply.Result.Refusal}");
        if (reply.IsAnswered)
            Acknowledge(instance, request, reply.Result.Value);
    }

    private static bool IsOfSequences(ErrorCode refusal) => refusal is
        ErrorCode.OutOfOrderSequenceNumber or ErrorCode.DuplicateSequenceNumber or ErrorCode.UnknownProducerId or ErrorCode.InvalidProducerEpoch;

    private void Acknowledge(Incarnation instance, Request request, AppendResult result)
    {
        for (var i = 0; i < request.Attempts.Count; i++)
        {
            var attempt = request.Attempts[i];
            if (attempt.Status != AttemptStatus.Acknowledged)
                world.History.Acknowledge(attempt, result.Batches[i].BaseOffset, world.Now);
            else if (attempt.Offset != result.Batches[i].BaseOffset)
                world.Report("I6", $"{instance.Name} gives {result.Batches[i].BaseOffset} as the place of {attempt}");
        }
    }

    private sealed record Request(List<byte[]> Batches, List<Attempt> Attempts)
    {
        public bool IsDone => Attempts.TrueForAll(a => a.Status == AttemptStatus.Acknowledged);
    }
}
