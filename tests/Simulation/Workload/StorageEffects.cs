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
    private readonly HashSet<string> _deleted = new(StringComparer.Ordinal);
    private readonly List<TopicPartition> _partitions = [];
    private readonly Dictionary<string, TopicPartition> _keys = new(StringComparer.Ordinal);
    private readonly List<TaskCompletionSource<TopicPartition>> _watching = [];

    /// <summary>Looks at a partition at the moment when its head or chain has changed.</summary>
    public Func<TopicPartition, ValueTask>? Changed { get; set; }

    /// <summary>Looks at a partition at the moment before one of its blobs is deleted.</summary>
    public Func<TopicPartition, string, ValueTask>? Deleting { get; set; }

    public long Seals { get; private set; }

    public long LimitsMet { get; private set; }

    public bool IsGone(string blob) => _deleted.Contains(blob);

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
        if (call.IsRead)
            return await proceed(cancellationToken);
        if (call.Verb == StorageVerb.DeleteBlob && Deleting is not null && TryPartitionOf(call.Target, out var losing))
            await Deleting(losing, call.Target);
        var outcome = await proceed(cancellationToken);
        if (call.Verb == StorageVerb.DeleteBlob && outcome.IsDone)
            _deleted.Add(call.Target);
        trace.Add("storage", $"{call.Verb} {call.Target} {call.Key} {call.Bytes} = {outcome.Status} {outcome.Failure}");
        if (outcome.IsDone && call.Verb == StorageVerb.CreateAppendBlob && TryPartitionOf(call.Target, out var created)
            && _keys.TryAdd(StorageLayout.PartitionKey(created), created))
            _partitions.Add(created);
        if (outcome.IsDone && call.Verb == StorageVerb.CommitRows && call.Target == StorageLayout.PartitionsTable)
            await CommittedAsync(call.Key);
        return outcome;
    }

    private async ValueTask CommittedAsync(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var isChain = key.Contains(StorageLayout.SegmentRowKeyPrefix, StringComparison.Ordinal);
        if (!isChain && !key.Contains(StorageLayout.HeadRowKey, StringComparison.Ordinal))
            return;
        if (!_keys.TryGetValue(key[..slash], out var partition))
            return;
        if (Changed is not null)
            await Changed(partition);
        if (isChain)
            Rolled(partition);
    }

    private void Rolled(TopicPartition partition)
    {
        var watching = _watching.ToList();
        _watching.Clear();
        watching.ForEach(w => w.TrySetResult(partition));
    }

    /// <summary>Blobs are named {topicId}/{partition}/…; that of the housekeeping's lease is no partition's.</summary>
    private static bool TryPartitionOf(string blob, out TopicPartition partition)
    {
        var slash = blob.IndexOf('/', StringComparison.Ordinal);
        partition = default;
        return slash > 0 && TopicId.TryParse(blob[..slash], out var topic) && StorageLayout.TryParsePartition(blob, topic, out partition);
    }

    private void Note(string blob, ReadOnlyMemory<byte> content)
    {
        if (!TryPartitionOf(blob, out var partition))
            return;
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
