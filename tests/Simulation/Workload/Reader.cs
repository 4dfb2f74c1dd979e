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
            else if (client.Random.Chance(0.1))
                await LookUpTimeAsync(instance);
            else
            {
                // Some requests after another stay with one instance, as a client's do.
                for (var fetches = client.Random.Between(1, 10); fetches > 0 && _topic is not null && !instance.Ended.IsCompleted; fetches--)
                    await FetchAsync(instance);
            }

            if (world.Calendar.IsQuiet)
                await world.Calendar.PauseAsync(Pause);
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
        var start = from == 0 && random.Chance(0.5) ? FetchFrom.Earliest : random.Chance(0.03) ? FetchFrom.AtTimestamp(DrawTime()) : FetchFrom.At(from);
        var request = new FetchRequest(start, random.Pick([1, 2048, 65536]), world.Calendar.IsQuiet ? TimeSpan.Zero : random.Pick([TimeSpan.Zero, TimeSpan.FromSeconds(1)]));
        var known = KnownEnd;
        var reply = await instance.CallAsync((engine, token) => engine.FetchAsync(_topic!, _partition, request, token));
        if (reply.IsAnswered)
            await CheckAsync(instance, from, known, request, reply.Result.Value);
        else
            Refused(instance, from, reply.Result.Refusal);
        if (!reply.IsAnswered || reply.Result.Value.Batches.Count == 0)
            await world.DelayAsync(Pause);
    }

    /// <summary>Nobody may be told later that the log ends before.</summary>
    private long KnownEnd => world.IsRecreated(_topic!.Name) ? _next : Math.Max(_next, world.History.AcknowledgedEnd(new LogKey(_topic.Name, _partition)));

    private void Refused(Incarnation instance, long from, Refusal? refusal)
    {
        if (refusal?.Code == ErrorCode.OffsetOutOfRange)
        {
            if (from >= world.Chronicle.StartOf(_topic!.At(_partition)))
                world.Report("R14", $"{instance.Name} says that offset {from} of {Place} is out of range, though the log reached it before");
            client.CheckRange(instance, _topic!.At(_partition), from, refusal.Message);
            _next = 0;
        }

        if (refusal?.Code == ErrorCode.CorruptMessage)
            world.Report("I4", $"{instance.Name} cannot read {Place} at {from}: {refusal.Message}");
        if (refusal?.Code != ErrorCode.UnknownTopicOrPartition)
            return;
        if (!world.IsRecreated(_topic!.Name))
            world.Report("I4", $"{instance.Name} does not know {Place}, which nobody deleted");
        _topic = null;
    }

    private string Place => $"{_topic!.Name}-{_partition}";

    private async Task CheckAsync(Incarnation instance, long from, long known, FetchRequest request, FetchResult result)
    {
        var partition = _topic!.At(_partition);
        var offsets = result.Offsets;
        if (request.From.IsTimestamp)
            await CheckTimeAsync(instance, request.From.Timestamp, new OffsetAtTime(result.FetchOffset, null), known, isBegin: true);
        if (request.From.IsEarliest && result.FetchOffset > world.Chronicle.StartOf(partition))
            world.Report("I13", $"{instance.Name} serves {Place} from {result.FetchOffset} as the earliest; it starts at {world.Chronicle.StartOf(partition)}");
        if (request.From.IsTimestamp || request.From.IsEarliest)
            from = result.FetchOffset;
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

            if (world.IsCompacted(_topic!.Name))
            {
                if (header.NextOffset <= next || (bytes > 0 && header.BaseOffset < next))
                    world.Report("I9", $"{instance.Name} serves {Place} from {header.BaseOffset} where {next} is past");
                next = header.NextOffset;
                bytes += batch.Length;
                continue;
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
        if (world.IsCompacted(_topic!.Name))
            next = await CheckCompactedAsync(instance, from, next, result);
        if (next != result.NextOffset || result.FetchOffset != from)
            world.Report("I9", $"{instance.Name} served {Place} from {from} up to {next} and says {result.FetchOffset} to {result.NextOffset}");
        if (next > offsets.HighWatermark || offsets.HighWatermark > offsets.LogEnd || offsets.LogStart > offsets.HighWatermark || offsets.LogEnd > durable)
            world.Report("I10", $"{instance.Name} served {Place} up to {next} with {offsets} while {durable} is durable");
        if (result.Batches.Count > 1 && bytes > request.MaxBytes)
            world.Report("I22", $"{instance.Name} served {bytes} bytes where {request.MaxBytes} were allowed");
        if (!request.From.IsTimestamp)
            _next = Math.Max(_next, next);
    }

    /// <summary>
    /// Between what it was given there may be gaps, but only where nothing stands (I14); and what it was given is what compaction may have left of what was appended there.
    /// Answers where it is to go on.
    /// </summary>
    private async Task<long> CheckCompactedAsync(Incarnation instance, long from, long next, FetchResult result)
    {
        var image = await world.Chronicle.LookAsync(_topic!.At(_partition));
        var given = new HashSet<long>();
        foreach (var batch in result.Batches)
        {
            RecordBatchHeader.TryRead(batch.Span, out var header);
            var served = new StoredBatch(header, ContentKey.Of(batch.Span), batch);
            var original = image.Batches.FirstOrDefault(standing => standing.BaseOffset == header.BaseOffset);
            if (original is null || Reduction.FindDefect(original, served) is not null)
                world.Report("I3", $"{instance.Name} serves {served} of {Place}, where {original} was appended");
            given.UnionWith(served.Records.Select(record => record.Offset));
        }

        var current = world.Chronicle.CurrentOf(image.Partition);
        var skipped = current.Batches.SelectMany(batch => batch.Records).FirstOrDefault(
            record => record.Offset >= Math.Max(from, current.StartOffset) && record.Offset < result.NextOffset && !given.Contains(record.Offset));
        if (skipped is not null)
            world.Report("I14", $"{instance.Name} serves {Place} from {from} to {result.NextOffset} without the record at {skipped.Offset}, which stands");
        return result.Batches.Count == 0 ? Math.Max(next, result.NextOffset) : next;
    }

    private async Task LookUpTimeAsync(Incarnation instance)
    {
        var timestamp = DrawTime();
        var known = KnownEnd;
        var reply = await instance.CallAsync((engine, token) => engine.OffsetForTimestampAsync(_topic!, _partition, timestamp, token));
        if (!reply.IsAnswered)
            Refused(instance, known, reply.Result.Refusal);
        else
            await CheckTimeAsync(instance, timestamp, reply.Result.Value, known, isBegin: false);
    }

    /// <param name="isBegin">Only where it begins to read is known, not what stands there.</param>
    private async Task CheckTimeAsync(Incarnation instance, long timestamp, OffsetAtTime answer, long known, bool isBegin)
    {
        var partition = _topic!.At(_partition);
        world.TimeLookups++;
        world.Trace.Add(client.Name, $"finds {answer.Offset} ({answer.Timestamp}) for {timestamp} in {Place} by {instance.Name}");
        var image = await world.Chronicle.LookAsync(partition);
        if (isBegin && Judge.TimeOf(image, answer.Offset) is { } time && time >= timestamp)
            answer = answer with { Timestamp = time };
        var current = world.IsCompacted(_topic!.Name) ? world.Chronicle.CurrentOf(partition) : null;
        foreach (var violation in Judge.CheckTime(image, timestamp, answer, known, instance.Name, current))
            world.Report(violation);
    }

    /// <summary>Mostly the time of some record, or nearly; sometimes one that lies ahead.</summary>
    private long DrawTime()
    {
        var span = client.Random.LogBetween(TimeSpan.FromMilliseconds(1), TimeSpan.FromTicks(Math.Max(world.Now, TimeSpan.TicksPerSecond)));
        return world.Loop.Time.GetUtcNow().ToUnixTimeMilliseconds() + (client.Random.Chance(0.1) ? 1 : -1) * (long)span.TotalMilliseconds;
    }

    /// <summary>The ends that an instance reads now are not before anything that was acknowledged, or read, before it was asked.</summary>
    private async Task CheckEndsAsync(Incarnation instance)
    {
        var partition = _topic!.At(_partition);
        var known = KnownEnd;
        var reply = await instance.CallAsync((engine, token) => engine.OffsetsAsync(_topic!, _partition, token));
        if (!reply.IsAnswered)
            Refused(instance, known, reply.Result.Refusal);
        else if (reply.Result.Value is var ends && (ends.HighWatermark < known || ends.LogEnd > world.Effects.DurableEnd(partition)))
            world.Report("I9", $"{instance.Name} gives {ends} as the ends of {Place}, which was known up to {known} before");
    }
}
