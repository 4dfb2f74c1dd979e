using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Records;
using ManagedLog.Simulation.Judging;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Workload;

/// <summary>One client: sends and finds topics through any instance, and writes down in the history what it was told.</summary>
internal sealed class Client(World world, string name, SeededRandom random)
{
    public string Name => name;

    public SeededRandom Random => random;

    /// <summary>Null: not now, or not any more.</summary>
    public async Task<Topic?> FindAsync(Incarnation instance, string topic)
    {
        var reply = await instance.CallAsync((engine, token) => engine.FindTopicAsync(topic, token));
        if (reply.Refusal == ErrorCode.UnknownTopicOrPartition && !world.Scenario.Topics.First(t => t.Name == topic).IsRecreated)
            world.Report("I4", $"{instance.Name} does not find {topic}, which nobody deleted");
        return reply.IsAnswered ? reply.Result.Value : null;
    }

    /// <summary>Sends copies of the batches in one request.</summary>
    public async Task<SendOutcome> SendAsync(Incarnation instance, Topic topic, int partition, IReadOnlyList<byte[]> batches, Acks acks = Acks.All, TimeSpan? patience = null)
    {
        var attempts = batches.Select(b => Begin(topic, partition, b)).ToList();
        world.Trace.Add(name, $"sends {string.Join(" ", attempts.Select(a => $"{a.Number}:{a.Content}"))} to {topic.Name}-{partition} by {instance.Name}");
        var request = new AppendRequest([.. batches.Select(b => (Memory<byte>)b.ToArray())], acks);
        var reply = await instance.CallAsync((engine, token) => engine.AppendAsync(topic, partition, request, token), patience);
        world.Trace.Add(name, $"sent {string.Join(" ", attempts.Select(a => a.Number))}: {Describe(reply)}");
        if (reply.IsUnknown || (reply.IsAnswered && acks == Acks.None))
        {
            attempts.ForEach(a => a.LeaveUnknown(world.Now));
            return SendOutcome.Unknown;
        }

        if (!reply.IsAnswered)
        {
            if (reply.Refusal == ErrorCode.UnknownTopicOrPartition && !world.IsDoomed(topic))
                world.Report("I4", $"{instance.Name} refuses a batch for {topic.Name}-{partition}, which nobody deleted: {reply.Result.Refusal}");
            attempts.ForEach(a => a.Fail(world.Now));
            return SendOutcome.Failed;
        }

        Acknowledge(instance, topic, partition, attempts, reply.Result.Value);
        return SendOutcome.Acknowledged;
    }

    private Attempt Begin(Topic topic, int partition, byte[] batch)
    {
        RecordBatchHeader.TryRead(batch, out var header);
        return world.History.Begin(topic.At(partition), ContentKey.Of(batch), header.RecordCount, world.Now);
    }

    private void Acknowledge(Incarnation instance, Topic topic, int partition, List<Attempt> attempts, AppendResult result)
    {
        if (result.Batches.Count != attempts.Count)
        {
            world.Report("I22", $"{instance.Name} answered {result.Batches.Count} places for {attempts.Count} batches");
            return;
        }

        var durable = world.Effects.DurableEnd(StorageLayout.BlobPrefix(topic.At(partition)));
        var last = -1L;
        for (var i = 0; i < attempts.Count; i++)
        {
            var offset = result.Batches[i].BaseOffset;
            world.History.Acknowledge(attempts[i], offset, world.Now);
            if (offset + attempts[i].Records > durable)
                world.Report("I4", $"{instance.Name} acknowledged {attempts[i]} when {topic.Name}-{partition} was durable up to {durable} only");
            if (offset <= last)
                world.Report("I1", $"{instance.Name} gave {attempts[i]} a place before the batch that came before it in its request");
            last = offset;
        }
    }

    private static string Describe(Reply<AppendResult> reply) =>
        reply.IsLost ? "no answer" : reply.Result.Refusal?.ToString() ?? string.Join(" ", reply.Result.Value.Batches.Select(b => b.BaseOffset));
}
