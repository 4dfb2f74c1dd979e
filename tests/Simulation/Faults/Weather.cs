using ManagedLog.Engine.Backend;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Faults;

/// <summary>Decides how every storage call of a run goes: the climate, and outages that come and go.</summary>
internal sealed class Weather(SeededRandom random, Climate climate)
{
    private static readonly TimeSpan Quickest = TimeSpan.FromMicroseconds(200);
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(6);
    private static readonly TimeSpan Slowest = TimeSpan.FromSeconds(4);

    // What the adapter to the real service waits for an answer before it gives up on a call.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LatestLanding = TimeSpan.FromSeconds(100);

    private readonly List<Outage> _outages = [];
    private Climate _climate = climate;

    /// <summary>No fault from now on. Late effects that were promised before still land.</summary>
    public void Clear()
    {
        _outages.Clear();
        _climate = Climate.Calm;
    }

    public void Begin(Outage outage) => _outages.Add(outage);

    public void End(Outage outage) => _outages.Remove(outage);

    public CallPlan Plan(int instance, StorageCall call)
    {
        foreach (var outage in _outages)
        {
            if (outage.Covers(instance, call))
                return Answer(outage.Fault);
        }

        var luck = random.NextDouble();
        if ((luck -= _climate.LostRequest) < 0)
            return Answer(Fault.LostRequest);
        if ((luck -= _climate.LostReply) < 0)
            return Answer(Fault.LostReply);
        if ((luck -= _climate.Late) < 0)
            return Answer(call.IsRead ? Fault.LostRequest : Late());
        return Answer(luck - _climate.Throttled < 0 ? Fault.Throttled : Fault.None);
    }

    /// <summary>A late effect: mostly soon after the caller gave up, now and then minutes later.</summary>
    public Fault Late() => Fault.Late(random.LogBetween(TimeSpan.FromMilliseconds(5), LatestLanding));

    private CallPlan Answer(Fault fault) => new(
        fault,
        random.Chance(_climate.Slow) ? random.LogBetween(Usual, Slowest) : random.LogBetween(Quickest, Usual),
        fault.Kind is FaultKind.LostRequest or FaultKind.LostReply or FaultKind.Late && random.Chance(0.3) ? CallTimeout : random.LogBetween(Quickest, Usual));
}
