using System.Globalization;
using System.Text.RegularExpressions;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Simulation.Judging;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Workload;

/// <summary>One client: sends and finds topics through any instance, and writes down in the history what it was told.</summary>
internal sealed partial class Client(World world, string name, SeededRandom random)
{
    public string Name => name;

    public SeededRandom Random => random;

    /// <summary>Null: not now, or not any more.</summary>
    public async Task<Topic?> FindAsync(Incarnation instance, string topic)
    {
        var reply = await instance.CallAsync((engine, token) => engine.FindTopicAsync(topic, token));
        if (reply.Refusal == ErrorCode.UnknownTopicOrPartition && !world.IsRecreated(topic))
            world.Report("I4", $"{instance.Name} does not find {topic}, which nobody deleted");
        if (!reply.IsAnswered)
            return null;
        world.Know(reply.Result.Value);
        return reply.Result.Value;
    }

    /// <summary>Sends copies of the batches in one request.</summary>
    public async Task<SendOutcome> SendAsync(
        Incarnation instance, Topic topic, int partition, IReadOnlyList<byte[]> batches, Acks acks = Acks.All, TimeSpan? patience = null)
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
            if (reply.Refusal == ErrorCode.UnknownTopicOrPartition && !world.IsRecreated(topic.Name))
                world.Report("I4", $"{instance.Name} refuses a batch for {topic.Name}-{partition}, which nobody deleted: {reply.Result.Refusal}");
            attempts.ForEach(a => a.Fail(world.Now));
            return SendOutcome.Failed;
        }

        Acknowledge(instance, attempts, reply.Result.Value);
        return SendOutcome.Acknowledged;
    }

    /// <summary>The instance knows that the log does not begin before <paramref name="start"/>: it says so, and names what it does hold.</summary>
    public async Task CheckOutOfRangeAsync(Incarnation instance, Topic topic, int partition, long start)
    {
        var request = new FetchRequest(FetchFrom.At(start - 1), 1024, TimeSpan.Zero);
        var reply = await instance.CallAsync((engine, token) => engine.FetchAsync(topic, partition, request, token));
        if (reply.IsAnswered)
            world.Report("I13", $"{instance.Name} serves offset {start - 1} of {topic.Name}-{partition}, which starts at {start}");
        else if (reply.Refusal == ErrorCode.OffsetOutOfRange)
            CheckRange(instance, topic.At(partition), start - 1, reply.Result.Refusal!.Message);
    }

    /// <summary>The refusal of an offset names the range that may be read: one that does not hold it, and not beyond what stands.</summary>
    public void CheckRange(Incarnation instance, TopicPartition partition, long offset, string message)
    {
        var range = ValidRange().Match(message);
        if (!range.Success)
        {
            world.Report("I22", $"{instance.Name} does not say what is valid instead: {message}");
            return;
        }

        var (start, end) = (long.Parse(range.Groups[1].Value, CultureInfo.InvariantCulture), long.Parse(range.Groups[2].Value, CultureInfo.InvariantCulture));
        if (start > end || (offset >= start && offset <= end) || start > world.Chronicle.StartOf(partition) || end > world.Effects.DurableEnd(partition))
            world.Report("I13", $"{instance.Name} refuses offset {offset} of {partition}, valid being {start} to {end}; it starts at {world.Chronicle.StartOf(partition)}");
    }

    [GeneratedRegex("valid are (\\d+) to (\\d+)")]
    private static partial Regex ValidRange();

    /// <summary>Writes down that the batch is sent from now on.</summary>
    public Attempt Begin(Topic topic, int partition, byte[] batch)
    {
        RecordBatchHeader.TryRead(batch, out var header);
        return world.History.Begin(new LogKey(topic.Name, partition), ContentKey.Of(batch), header.RecordCount, world.Now);
    }

    private void Acknowledge(Incarnation instance, List<Attempt> attempts, AppendResult result)
    {
        if (result.Batches.Count != attempts.Count)
        {
            world.Report("I22", $"{instance.Name} answered {result.Batches.Count} places for {attempts.Count} batches");
            return;
        }

        var durable = world.IncarnationsOf(attempts[0].Log).Max(world.Effects.DurableEnd);
        var last = -1L;
        for (var i = 0; i < attempts.Count; i++)
        {
            var offset = result.Batches[i].BaseOffset;
            world.History.Acknowledge(attempts[i], offset, world.Now);
            if (offset + attempts[i].Records > durable)
                world.Report("I4", $"{instance.Name} acknowledged {attempts[i]} when {attempts[0].Log} was durable up to {durable} only");
            if (offset <= last)
                world.Report("I1", $"{instance.Name} gave {attempts[i]} a place before the batch that came before it in its request");
            last = offset;
        }
    }

    private static string Describe(Reply<AppendResult> reply) =>
        reply.IsLost ? "no answer" : reply.Result.Refusal?.ToString() ?? string.Join(" ", reply.Result.Value.Batches.Select(b => b.BaseOffset));
}
