using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Records;
using ManagedLog.Simulation.Judging;

namespace ManagedLog.Simulation.Workload;

/// <summary>
/// Follows one partition from its beginning, through any instance, until the run is over. What it is given must go on without a gap (I9), be whole (I2), be
/// what every other reader was given at that offset (I3), and be durable already (I10).
/// </summary>
internal sealed class Reader(World world, Client client)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private Topic? _topic;
    private int _partition;
    private long _next;

    public async Task RunAsync()
    {
        while (!world.IsOver)
        {
            var instance = await world.AnyInstanceAsync(client.Random);
            if (_topic is null)
                await ChooseAsync(instance);
            else if (client.Random.Chance(0.1))
                await CheckEndsAsync(instance);
            else
            {
                // Some requests after another stay with one instance, as a client's do.
                for (var fetches = client.Random.Between(1, 10); fetches > 0 && _topic is not null && !instance.Ended.IsCompleted; fetches--)
                    await FetchAsync(instance);
            }
        }
    }

    private async Task ChooseAsync(Incarnation instance)
    {
        _topic = await client.FindAsync(instance, client.Random.Pick(world.Scenario.Topics).Name);
        _partition = _topic is null ? 0 : client.Random.Below(_topic.Partitions);
        _next = 0;
        if (_topic is null)
            await world.DelayAsync(Pause);
    }

    private async Task FetchAsync(Incarnation instance)
    {
        var random = client.Random;
        var from = _next > 0 && random.Chance(0.05) ? random.Below((int)_next) : _next;
        var start = from == 0 && random.Chance(0.5) ? FetchFrom.Earliest : FetchFrom.At(from);
        var request = new FetchRequest(start, random.Pick([1, 2048, 65536]), random.Pick([TimeSpan.Zero, TimeSpan.FromSeconds(1)]));
        var reply = await instance.CallAsync((engine, token) => engine.FetchAsync(_topic!, _partition, request, token));
        if (reply.IsAnswered)
            Check(instance, from, request, reply.Result.Value);
        else
            Refused(instance, from, reply.Refusal);
        if (!reply.IsAnswered || reply.Result.Value.Batches.Count == 0)
            await world.DelayAsync(Pause);
    }

    private void Refused(Incarnation instance, long from, ErrorCode refusal)
    {
        if (refusal == ErrorCode.OffsetOutOfRange)
            world.Report("R14", $"{instance.Name} says that offset {from} of {Place} is out of range, though the log reached it before");
        if (refusal != ErrorCode.UnknownTopicOrPartition)
            return;
        if (!world.IsRecreated(_topic!.Name))
            world.Report("I4", $"{instance.Name} does not know {Place}, which nobody deleted");
        _topic = null;
    }

    private string Place => $"{_topic!.Name}-{_partition}";

    private void Check(Incarnation instance, long from, FetchRequest request, FetchResult result)
    {
        var partition = _topic!.At(_partition);
        var offsets = result.Offsets;
        var next = from;
        var bytes = 0;
        foreach (var batch in result.Batches)
        {
            var defect = RecordBatchCheck.Check(batch.Span, out var header);
            if (defect != BatchDefect.None || header.SizeInBytes != batch.Length)
            {
                world.Report("I2", $"{instance.Name} serves bytes of {Place} at {next} that are not one whole batch ({defect})");
                return;
            }

            if (bytes == 0 ? header.BaseOffset > next || header.NextOffset <= next : header.BaseOffset != next)
                world.Report("I9", $"{instance.Name} serves {Place} from {header.BaseOffset} where {next} comes next");
            if (world.History.See(partition, header.BaseOffset, ContentKey.Of(batch.Span)) is { } violation)
                world.Report(violation);
            next = header.NextOffset;
            bytes += batch.Length;
        }

        world.Trace.Add(client.Name, $"read {Place} {from} to {next} by {instance.Name}");
        var durable = world.Effects.DurableEnd(partition);
        if (next != result.NextOffset || result.FetchOffset != from)
            world.Report("I9", $"{instance.Name} served {Place} from {from} up to {next} and says {result.FetchOffset} to {result.NextOffset}");
        if (next > offsets.HighWatermark || offsets.HighWatermark > offsets.LogEnd || offsets.LogStart > offsets.HighWatermark || offsets.LogEnd > durable)
            world.Report("I10", $"{instance.Name} served {Place} up to {next} with {offsets} while {durable} is durable");
        if (result.Batches.Count > 1 && bytes > request.MaxBytes)
            world.Report("I22", $"{instance.Name} served {bytes} bytes where {request.MaxBytes} were allowed");
        _next = Math.Max(_next, next);
    }

    /// <summary>The ends that an instance reads now are not before anything that was acknowledged, or read, before it was asked.</summary>
    private async Task CheckEndsAsync(Incarnation instance)
    {
        var partition = _topic!.At(_partition);
        var known = world.IsRecreated(_topic.Name) ? _next : Math.Max(_next, world.History.AcknowledgedEnd(new LogKey(_topic.Name, _partition)));
        var reply = await instance.CallAsync((engine, token) => engine.OffsetsAsync(_topic!, _partition, token));
        if (!reply.IsAnswered)
            Refused(instance, known, reply.Refusal);
        else if (reply.Result.Value is var ends && (ends.HighWatermark < known || ends.LogEnd > world.Effects.DurableEnd(partition)))
            world.Report("I9", $"{instance.Name} gives {ends} as the ends of {Place}, which was known up to {known} before");
    }
}
