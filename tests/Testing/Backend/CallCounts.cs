using ManagedLog.Engine.Backend;

namespace ManagedLog.Testing.Backend;

/// <summary>How often each verb was called. Prints as <c>Append=2 ReadRow=1</c>, verbs in their declared order, those at 0 left out.</summary>
public sealed class CallCounts
{
    private readonly long[] _counts = new long[Enum.GetValues<StorageVerb>().Length];

    public long this[StorageVerb verb] => _counts[(int)verb];

    public long Total => _counts.Sum();

    public static CallCounts Of(IEnumerable<StorageCall> calls)
    {
        ArgumentNullException.ThrowIfNull(calls);
        var counts = new CallCounts();
        foreach (var call in calls)
            counts._counts[(int)call.Verb]++;
        return counts;
    }

    public static CallCounts operator -(CallCounts left, CallCounts right) => Subtract(left, right);

    public static CallCounts Subtract(CallCounts left, CallCounts right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var difference = new CallCounts();
        for (var i = 0; i < difference._counts.Length; i++)
            difference._counts[i] = left._counts[i] - right._counts[i];
        return difference;
    }

    public override string ToString() =>
        string.Join(' ', Enum.GetValues<StorageVerb>().Where(verb => this[verb] != 0).Select(verb => $"{verb}={this[verb]}"));
}
