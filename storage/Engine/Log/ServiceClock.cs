namespace ManagedLog.Engine.Log;

/// <summary>
/// The storage service's clock, as an answer of it showed it, carried on by the instance's timestamps. An instance whose own clock is wrong judges ages as all
/// others do.
/// </summary>
internal sealed class ServiceClock(DateTimeOffset shown, TimeProvider time)
{
    private readonly long _shownAt = time.GetTimestamp();

    /// <summary>Never ahead of the service's.</summary>
    public DateTimeOffset Now => shown + time.GetElapsedTime(_shownAt);
}
