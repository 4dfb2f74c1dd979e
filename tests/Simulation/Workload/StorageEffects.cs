using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Simulation.Workload;

/// <summary>The storage that all instances share, at the moments when calls take effect: what is durable, and how many blocks each blob has.</summary>
internal sealed class StorageEffects(IStorageBackend inner, Trace trace, int maxBlocks) : InterceptingBackend(inner)
{
    private readonly Dictionary<string, int> _blocks = [];
    private readonly Dictionary<string, long> _durableEnds = [];

    public long Seals { get; private set; }

    public long LimitsMet { get; private set; }

    public bool IsFull(string blob) => _blocks.GetValueOrDefault(blob) >= maxBlocks;

    /// <summary>The largest log end that any blob below this prefix holds: nobody may have seen more of that partition.</summary>
    public long DurableEnd(string prefix) => _durableEnds.GetValueOrDefault(prefix);

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
        if (!call.IsRead)
            trace.Add("storage", $"{call.Verb} {call.Target} {call.Key} {call.Bytes} = {outcome.Status} {outcome.Failure}");
        return outcome;
    }

    private void Note(string blob, ReadOnlyMemory<byte> content)
    {
        var prefix = blob[..(blob.LastIndexOf('/') + 1)];
        for (var rest = content; rest.Length > 0;)
        {
            var frame = SegmentFrame.Read(rest.Span, verify: false);
            if (frame.Kind == FrameKind.Batch)
                _durableEnds[prefix] = Math.Max(DurableEnd(prefix), frame.Batch.NextOffset);
            if (frame.Kind == FrameKind.Seal)
                Seals++;
            if (frame.Length == 0)
                return;
            rest = rest[frame.Length..];
        }
    }
}
