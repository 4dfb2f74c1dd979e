using System.Diagnostics.Metrics;
using ManagedLog.Functions.Hosting;

namespace ManagedLog.Functions.Limits;

/// <summary>What all requests together have of this instance now.</summary>
internal sealed class InstanceUse
{
    private readonly Counter<long> _refusals;
    private readonly LimitOptions _limits;
    private int _requests;
    private int _waiting;

    public InstanceUse(ServiceOptions options, Meter meter)
    {
        _limits = options.Limits;
        Bodies = new ByteBudget(_limits.MaxBodyBytes);
        Answers = new ByteBudget(_limits.MaxAnswerBytes);
        _refusals = meter.CreateCounter<long>("managedlog.limits.refusals", "{request}", "Requests, and records of streams, that a limit refused.");
        meter.CreateObservableUpDownCounter("managedlog.limits.requests", () => (long)Requests, "{request}", "Requests under way, without those that may wait.");
        meter.CreateObservableUpDownCounter("managedlog.limits.waiting", () => (long)Waiting, "{request}", "Fetches and streams under way.");
        meter.CreateObservableUpDownCounter("managedlog.limits.bodies", () => Bodies.Taken, "By", "Bytes of request bodies under way.");
        meter.CreateObservableUpDownCounter("managedlog.limits.answers", () => Answers.Taken, "By", "Bytes that were read for answers under way.");
    }

    /// <summary>Bytes of bodies under way.</summary>
    public ByteBudget Bodies { get; }

    /// <summary>Bytes that were read for answers under way.</summary>
    public ByteBudget Answers { get; }

    /// <summary>Requests under way, without those that may wait.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Requests under way that may wait.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>False: there are as many as may be. Otherwise it must <see cref="Leave"/>.</summary>
    public bool TryEnter(bool mayWait)
    {
        if (Interlocked.Increment(ref Count(mayWait)) <= (mayWait ? _limits.MaxWaiting : _limits.MaxRequests))
            return true;
        Leave(mayWait);
        return false;
    }

    public void Leave(bool mayWait) => Interlocked.Decrement(ref Count(mayWait));

    public void NoteRefusal(int status) => _refusals.Add(1, new KeyValuePair<string, object?>("http.response.status_code", status));

    private ref int Count(bool mayWait) => ref mayWait ? ref _waiting : ref _requests;
}
