using System.Globalization;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Simulation.Workload;

/// <summary>The storage that all instances share, at the moments when calls take effect: what is durable, and how many blocks each blob has.</summary>
internal sealed class StorageEffects(IStorageBackend inner, Trace trace, int maxBlocks) : InterceptingBackend(inner)
{
    private readonly Dictionary<string, int> _blocks = [];
    private readonly Dictionary<TopicPartition, long> _durableEnds = [];
    private readonly List<TopicPartition> _partitions = [];
    private readonly List<TaskCompletionSource<TopicPartition>> _watching = [];

    public long Seals { get; private set; }

    public long LimitsMet { get; private set; }

    public bool IsFull(string blob) => _blocks.GetValueOrDefault(blob) >= maxBlocks;

    /// <summary>Every partition that ever had a blob, in the order of their first.</summary>
    public IReadOnlyList<TopicPartition> Partitions => _partitions;

    /// <summary>The largest log end that any blob of it holds: nobody may have seen more of that partition.</summary>
    public long DurableEnd(TopicPartition partition) => _durableEnds.GetValueOrDefault(partition);

    /// <summary>Completes at the moment when any partition's chain is changed next.</summary>
    public Task<TopicPartition> NextRollAsync()
    {
        var next = new TaskCompletionSource<TopicPartition>();
        _watching.Add(next);
        return next.Task;
    }

    public override async ValueTask<Outcome<long>> AppendAsync(string blob, long position, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var outcome = await base.AppendAsync(blob, position, content, cancellationToken);
        if (outcome.IsDone)
        {
            _blocks[blob] = _blocks.GetValueOrDefault(blob) + 1;
            Note(blob, content);
        }
        else if (outcome.Failed(ConditionFailure.BlockCount))
            LimitsMet++;
        return outcome;
    }

    protected override async ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
    {
        var outcome = await proceed(cancellationToken);
        if (outcome.IsDone && call.Verb == StorageVerb.CreateAppendBlob && !_partitions.Contains(PartitionOf(call.Target)))
            _partitions.Add(PartitionOf(call.Target));
        if (outcome.IsDone && call.Verb == StorageVerb.CommitRows && call.Key.Contains(StorageLayout.SegmentRowKeyPrefix, StringComparison.Ordinal))
            Rolled(call.Key);
        if (!call.IsRead)
            trace.Add("storage", $"{call.Verb} {call.Target} {call.Key} {call.Bytes} = {outcome.Status} {outcome.Failure}");
        return outcome;
    }

    private void Rolled(string key)
    {
        var partition = _partitions.Find(p => key.StartsWith(StorageLayout.PartitionKey(p) + "/", StringComparison.Ordinal));
        var watching = _watching.ToList();
        _watching.Clear();
        watching.ForEach(w => w.TrySetResult(partition));
    }

    /// <summary>Blobs are named {topicId}/{partition}/….</summary>
    private static TopicPartition PartitionOf(string blob)
    {
        var parts = blob.Split('/');
        return TopicId.TryParse(parts[0], out var topic)
            ? new TopicPartition(topic, int.Parse(parts[1], CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"A blob of no topic: {blob}");
    }

    private void Note(string blob, ReadOnlyMemory<byte> content)
    {
        var partition = PartitionOf(blob);
        for (var rest = content; rest.Length > 0;)
        {
            var frame = SegmentFrame.Read(rest.Span, verify: false);
            if (frame.Kind == FrameKind.Batch)
                _durableEnds[partition] = Math.Max(DurableEnd(partition), frame.Batch.NextOffset);
            if (frame.Kind == FrameKind.Seal)
                Seals++;
            if (frame.Length == 0)
                return;
            rest = rest[frame.Length..];
        }
    }
}
