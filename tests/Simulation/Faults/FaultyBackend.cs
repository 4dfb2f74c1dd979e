using ManagedLog.Engine.Backend;

namespace ManagedLog.Simulation.Faults;

/// <summary>
/// One instance's way to a storage account: every call may take time, get lost on the way there or back, arrive late, or be refused, as <paramref
/// name="faults"/> decides. What a call does is done by <paramref name="inner"/>, all at once, at one moment between request and answer.
/// </summary>
/// <param name="inner">What does it, usually an in-memory twin that several instances share.</param>
/// <param name="faults">In unit tests a <see cref="FaultScript"/>.</param>
/// <param name="time">The clock of the network; the system's if null.</param>
/// <param name="network">Where calls travel. An instance that is killed leaves its calls behind there: they still land. Null: wherever the caller runs.</param>
public sealed class FaultyBackend(IStorageBackend inner, IFaultSource faults, TimeProvider? time = null, TaskScheduler? network = null)
    : InterceptingBackend(inner)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly List<Task> _late = [];

    /// <summary>Waits for all that happens without a caller by now: late effects, and calls whose caller's token was cancelled.</summary>
    public Task LandedAsync()
    {
        lock (_late)
            return Task.WhenAll(_late);
    }

    // The caller may use its buffer again as soon as it has an answer, and a late effect comes after that.
    public override ValueTask<Outcome<long>> AppendAsync(string blob, long position, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        base.AppendAsync(blob, position, content.ToArray(), cancellationToken);

    public override ValueTask<Outcome<ETag>> PutBlobAsync(string blob, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        base.PutBlobAsync(blob, content.ToArray(), cancellationToken);

    public override ValueTask<Outcome<Nothing>> StageBlockAsync(
        string blob, string blockId, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        base.StageBlockAsync(blob, blockId, content.ToArray(), cancellationToken);

    protected override async ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var plan = faults.Plan(call);
        var answer = network is null
            ? TravelAsync(call, plan, proceed)
            : Task.Factory.StartNew(() => TravelAsync(call, plan, proceed), CancellationToken.None, TaskCreationOptions.None, network).Unwrap();
        if (!cancellationToken.CanBeCanceled || answer.IsCompleted)
            return await answer;

        // Continuations of both may run inline here: those of Task.WaitAsync(token) would go on outside of a simulation's scheduler.
        var given = new TaskCompletionSource();
        await using (cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), given))
        {
            if (await Task.WhenAny(answer, given.Task) == answer)
                return await answer;
        }

        lock (_late)
            _late.Add(answer);
        throw new OperationCanceledException(cancellationToken);
    }

    private async Task<Outcome<T>> TravelAsync<T>(StorageCall call, CallPlan plan, Func<CancellationToken, ValueTask<Outcome<T>>> proceed)
    {
        await WaitAsync(plan.RequestDelay);
        var outcome = plan.Fault.Kind switch
        {
            FaultKind.None => await proceed(CancellationToken.None),
            FaultKind.LostRequest => Outcome.Unknown<T>($"{call.Verb}: the request was lost."),
            FaultKind.LostReply => Lost(call, await proceed(CancellationToken.None)),
            FaultKind.Late => LandLater(call, plan.Fault, proceed),
            FaultKind.Throttled => Outcome.Throttled<T>($"{call.Verb}: the service is busy."),
            FaultKind.Refused => throw new StorageRefusedException($"{call.Verb}: not with these credentials."),
            FaultKind.Hang => await new TaskCompletionSource<Outcome<T>>().Task,
            FaultKind.Before => await AfterStepAsync(plan.Fault, proceed),
            FaultKind.After => await BeforeStepAsync(plan.Fault, proceed),
            _ => throw new InvalidOperationException($"No such fault: {plan.Fault}"),
        };
        await WaitAsync(plan.ReplyDelay);
        return outcome;
    }

    private Task WaitAsync(TimeSpan delay) => delay > TimeSpan.Zero ? Task.Delay(delay, _time) : Task.CompletedTask;

    private static Outcome<T> Lost<T>(StorageCall call, Outcome<T> outcome) => Outcome.Unknown<T>($"{call.Verb}: the answer '{outcome.Status}' was lost.");

    private Outcome<T> LandLater<T>(StorageCall call, Fault fault, Func<CancellationToken, ValueTask<Outcome<T>>> proceed)
    {
        lock (_late)
            _late.Add(LandAsync());
        return Outcome.Unknown<T>($"{call.Verb}: no answer in time.");

        async Task LandAsync()
        {
            await fault.Step!(_time);
            try
            {
                await proceed(CancellationToken.None);
            }
            catch (StorageRefusedException)
            {
                // So late that the service will not have it any more, a commit of blocks that are gone for instance. It did nothing, and nobody hears of it.
            }
        }
    }

    private async Task<Outcome<T>> AfterStepAsync<T>(Fault fault, Func<CancellationToken, ValueTask<Outcome<T>>> proceed)
    {
        await fault.Step!(_time);
        return await proceed(CancellationToken.None);
    }

    private async Task<Outcome<T>> BeforeStepAsync<T>(Fault fault, Func<CancellationToken, ValueTask<Outcome<T>>> proceed)
    {
        var outcome = await proceed(CancellationToken.None);
        await fault.Step!(_time);
        return outcome;
    }
}
