namespace ManagedLog.Proof.Opening;

/// <summary>The machine's clock, put forward, so that the housekeeping need not be waited for.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}
