using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Limits;

/// <summary>What one admitted request has of the instance, returned when it is over. A feature of the request.</summary>
internal sealed class RequestUse(InstanceUse instance, CallerUse caller, CallerQuota quota) : IDisposable
{
    private readonly ByteBudget _bodies = caller.Bodies;
    private long _body;

    /// <summary>For what is read for the answer.</summary>
    public AnswerRoom Room { get; } = new(instance, caller);

    /// <summary>Null for requests that are not limited.</summary>
    public static RequestUse? Of(HttpContext context) => context.Features.Get<RequestUse>();

    /// <summary>Counts bytes of the body that are to be held: null, or why there is no room for them.</summary>
    public ApiError? Hold(long bytes)
    {
        if (bytes <= 0)
            return null;
        if (_bodies.TryTake(bytes))
        {
            Interlocked.Add(ref _body, bytes);
            return null;
        }

        return Refused(instance.Bodies.HasRoom(bytes) ? LimitErrors.OverShareOfBodies : LimitErrors.BodiesFull);
    }

    /// <summary>Bytes that were held are needed no more.</summary>
    public void LetGo(long bytes)
    {
        _bodies.Return(bytes);
        Interlocked.Add(ref _body, -bytes);
    }

    /// <summary>Counts bytes of the body against the caller's quota.</summary>
    public void CameIn(long bytes) => caller.TakeIn(bytes, quota.BytesInPerSecond);

    /// <summary>Counts bytes of the answer against the caller's quota.</summary>
    public void WentOut(long bytes) => caller.TakeOut(bytes, quota.BytesOutPerSecond);

    /// <summary>How long a stream is to pause before it reads more for its caller.</summary>
    public TimeSpan UntilOut() => caller.UntilOut(quota.BytesOutPerSecond);

    /// <summary>For records that come one after another: null, or why this one is not taken; then it is not counted.</summary>
    public ApiError? FindExcess() => caller.UntilIn(quota.BytesInPerSecond) is var again && again > TimeSpan.Zero ? Refused(LimitErrors.OverQuota(again)) : null;

    /// <summary>Takes note of an error that a limit is the reason of, where it was not found at the door.</summary>
    public ApiError Refused(ApiError error)
    {
        instance.NoteRefusal(error.Status);
        return error;
    }

    public void Dispose()
    {
        LetGo(_body);
        Room.Dispose();
    }
}
