namespace ManagedLog.Functions.Limits;

/// <summary>What one caller has of this instance now. All of it under its own lock, which is held for some additions.</summary>
internal sealed class CallerUse(InstanceUse instance, LimitOptions limits, TimeProvider time)
{
    /// <summary>Refusals in a second that are answered at once; see <see cref="IsRefusedTooOften"/>.</summary>
    private const double PromptRefusals = 20;

    private readonly Lock _lock = new();
    private readonly long _since = time.GetTimestamp();
    private int _requests;
    private int _waiting;
    private RateMeter _requestRate;
    private RateMeter _inRate;
    private RateMeter _outRate;
    private RateMeter _refusalRate;
    private TimeSpan _usedAt;

    /// <summary>Bytes of its bodies under way, which are among those of the instance.</summary>
    public ByteBudget Bodies { get; } = new(limits.MaxBodyBytesPerCaller, instance.Bodies);

    /// <summary>Bytes that were read for its answers under way, which are among those of the instance.</summary>
    public ByteBudget Answers { get; } = new(limits.MaxAnswerBytesPerCaller, instance.Answers);

    /// <summary>Zero: the request is admitted, and must <see cref="Leave"/>. Otherwise when to come again; then nothing was counted.</summary>
    public TimeSpan TryEnter(bool mayWait, in CallerQuota quota)
    {
        lock (_lock)
        {
            var now = _usedAt = Now;
            ref var count = ref mayWait ? ref _waiting : ref _requests;
            if (count >= (mayWait ? limits.MaxWaitingPerCaller : limits.MaxRequestsPerCaller))
                return TimeSpan.FromSeconds(1);
            var again = Longest(_requestRate.UntilRoom(quota.RequestsPerSecond, now), _inRate.UntilRoom(quota.BytesInPerSecond, now), _outRate.UntilRoom(quota.BytesOutPerSecond, now));
            if (again > TimeSpan.Zero)
                return again;
            _requestRate.Take(1, quota.RequestsPerSecond, now);
            count++;
            return TimeSpan.Zero;
        }
    }

    public void Leave(bool mayWait)
    {
        lock (_lock)
        {
            _usedAt = Now;
            ref var count = ref mayWait ? ref _waiting : ref _requests;
            count--;
        }
    }

    public void TakeIn(long bytes, double rate)
    {
        if (rate <= 0)
            return;
        lock (_lock)
            _inRate.Take(bytes, rate, Now);
    }

    public void TakeOut(long bytes, double rate)
    {
        if (rate <= 0)
            return;
        lock (_lock)
            _outRate.Take(bytes, rate, Now);
    }

    /// <summary>Zero: more may go out. Otherwise when.</summary>
    public TimeSpan UntilOut(double rate)
    {
        if (rate <= 0)
            return TimeSpan.Zero;
        lock (_lock)
            return _outRate.UntilRoom(rate, Now);
    }

    /// <summary>Zero: more may come in. Otherwise when to send it again.</summary>
    public TimeSpan UntilIn(double rate)
    {
        if (rate <= 0)
            return TimeSpan.Zero;
        lock (_lock)
            return _inRate.UntilRoom(rate, Now);
    }

    /// <summary>Takes note of a refusal. True: the caller does not wait as it is told to, so it is made to.</summary>
    public bool IsRefusedTooOften()
    {
        lock (_lock)
        {
            var now = Now;
            if (!_refusalRate.HasRoom(PromptRefusals, now))
                return true;
            _refusalRate.Take(1, PromptRefusals, now);
            return false;
        }
    }

    /// <summary>Nothing would be different if it were forgotten, or nearly so: what exceeds a second's worth is a debt that a caller could get rid of by being forgotten.</summary>
    public bool IsIdleFor(TimeSpan idle)
    {
        lock (_lock)
            return _requests == 0 && _waiting == 0 && Now - _usedAt >= idle;
    }

    private TimeSpan Now => time.GetElapsedTime(_since);

    private static TimeSpan Longest(TimeSpan one, TimeSpan two, TimeSpan three) => one > two ? one > three ? one : three : two > three ? two : three;
}
