using ManagedLog.Proof.Rest;

namespace ManagedLog.Proof.Killing;

/// <summary>How many requests ended how. May be used by several threads.</summary>
internal sealed class RequestCounts
{
    private long _acknowledged;
    private long _refused;
    private long _unknown;

    public long Acknowledged => _acknowledged;

    public long Refused => _refused;

    public long Unknown => _unknown;

    public void Note(ProduceOutcome outcome)
    {
        switch (outcome)
        {
            case ProduceOutcome.Acknowledged:
                Interlocked.Increment(ref _acknowledged);
                break;
            case ProduceOutcome.Refused:
                Interlocked.Increment(ref _refused);
                break;
            case ProduceOutcome.Unknown:
                Interlocked.Increment(ref _unknown);
                break;
        }
    }
}
