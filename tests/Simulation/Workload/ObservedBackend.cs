using ManagedLog.Engine.Backend;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Workload;

/// <summary>
/// What one instance asks of storage, as it leaves the process: written to the trace and counted. Fails the run when a call comes from outside of the
/// simulation, and when a buffer changes before the call that sends it was answered.
/// </summary>
internal sealed class ObservedBackend(IStorageBackend inner, SimulationScheduler process, Trace trace) : InterceptingBackend(inner)
{
    private long _numbers;

    public long Calls => _numbers;

    public override async ValueTask<Outcome<long>> AppendAsync(string blob, long position, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var sent = content.ToArray();
        var outcome = await base.AppendAsync(blob, position, content, cancellationToken);
        if (!content.Span.SequenceEqual(sent))
            throw process.Loop.Escaped($"{process.Name}: the content of an append to {blob} at {position} was changed before it was answered.");
        return outcome;
    }

    protected override async ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
    {
        process.AssertCurrent($"{call.Verb} {call.Target}");
        var number = ++_numbers;
        trace.Add(process.Name, $"#{number} {call.Verb} {call.Target} {call.Key} {call.Bytes}");
        var outcome = await proceed(cancellationToken);
        trace.Add(process.Name, $"#{number} = {outcome.Status} {outcome.Failure} {outcome.Detail}");
        return outcome;
    }
}
