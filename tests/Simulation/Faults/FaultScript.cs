using ManagedLog.Engine.Backend;

namespace ManagedLog.Simulation.Faults;

/// <summary>
/// Places faults at chosen calls: "the second append to this blob loses its answer". Each rule counts the calls that it matches; the first rule that is due
/// decides. All other calls go through at once. Safe for concurrent use.
/// </summary>
/// <example>
/// <code>
/// var faults = new FaultScript()
///     .On(StorageVerb.Append, Fault.LostReply, occurrence: 2)
///     .On(call => call.Verb == StorageVerb.CommitRows &amp;&amp; call.Key.EndsWith("head"), Fault.LostRequest);
/// var storage = new FaultyBackend(twin, faults);
/// …
/// Assert.True(faults.IsSpent);   // each fault really happened
/// </code>
/// </example>
public sealed class FaultScript : IFaultSource
{
    private readonly List<Rule> _rules = [];

    /// <summary>Every fault of the script has been placed as often as it was asked for.</summary>
    public bool IsSpent
    {
        get
        {
            lock (_rules)
                return _rules.TrueForAll(r => r.Seen >= r.Last);
        }
    }

    /// <summary>
    /// Gives <paramref name="fault"/> to the <paramref name="occurrence"/>-th call that matches, counted from 1 and from now on, and to the <paramref
    /// name="times"/> − 1 after it.
    /// </summary>
    public FaultScript On(Func<StorageCall, bool> matches, Fault fault, int occurrence = 1, int times = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(occurrence);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(times);
        lock (_rules)
            _rules.Add(new Rule(matches, fault, occurrence, occurrence + times - 1));
        return this;
    }

    /// <summary>As above, for every call of one verb.</summary>
    public FaultScript On(StorageVerb verb, Fault fault, int occurrence = 1, int times = 1) => On(call => call.Verb == verb, fault, occurrence, times);

    public CallPlan Plan(StorageCall call)
    {
        lock (_rules)
        {
            Fault? due = null;
            foreach (var rule in _rules)
            {
                if (!rule.Matches(call))
                    continue;
                rule.Seen++;
                if (rule.Seen >= rule.First && rule.Seen <= rule.Last)
                    due ??= rule.Fault;
            }

            return new CallPlan(due ?? Fault.None);
        }
    }

    private sealed class Rule(Func<StorageCall, bool> matches, Fault fault, int first, int last)
    {
        public Func<StorageCall, bool> Matches { get; } = matches;

        public Fault Fault { get; } = fault;

        public int First { get; } = first;

        public int Last { get; } = last;

        public int Seen { get; set; }
    }
}
