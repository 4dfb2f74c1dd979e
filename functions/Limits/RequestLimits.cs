using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Hosting;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedLog.Functions.Limits;

/// <summary>
/// Admits requests, before their bodies are read. What the instance has no room for is answered with 503, what the caller is over with 429, both at once and without an effect. Only a
/// caller that goes on sending while it is refused is answered late, so that refusing it costs no more than its patience.
/// </summary>
internal sealed class RequestLimits(ServiceOptions options, InstanceUse instance, CallerTable callers, TimeProvider time)
{
    /// <summary>How late.</summary>
    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(1);

    public Task PassAsync(HttpContext context, RequestDelegate next)
    {
        var kind = RequestKinds.Of(context);
        if (kind == RequestKind.NotLimited)
            return next(context);
        var mayWait = kind == RequestKind.MayWait;
        if (!instance.TryEnter(mayWait))
            return RefuseAsync(context, mayWait ? LimitErrors.TooManyWaiting : LimitErrors.TooManyRequests, null);
        var caller = callers.Find(context, out var quota);
        var use = new RequestUse(instance, caller, quota);
        var error = FindExcess(context, caller, use, mayWait);
        if (error is null && caller.TryEnter(mayWait, quota) is var again && again > TimeSpan.Zero)
            error = LimitErrors.OverQuota(again);
        if (error is null)
            return RunAsync(context, next, use, caller, quota, mayWait);
        instance.Leave(mayWait);
        return RefuseAsync(context, error, caller);
    }

    /// <summary>What can be told before anything is read. By what it says of its body; what it really sends is counted as it comes.</summary>
    private ApiError? FindExcess(HttpContext context, CallerUse caller, RequestUse use, bool mayWait)
    {
        if (mayWait)
            return use.Room.FindShortage();
        var length = Math.Min(context.Request.ContentLength ?? 0, options.MaxProduceBytes);
        if (!caller.Bodies.HasRoom(length))
            return LimitErrors.OverShareOfBodies;
        return instance.Bodies.HasRoom(length) ? null : LimitErrors.BodiesFull;
    }

    private async Task RunAsync(HttpContext context, RequestDelegate next, RequestUse use, CallerUse caller, CallerQuota quota, bool mayWait)
    {
        context.Features.Set(use);
        if (quota.BytesOutPerSecond > 0)
            context.Features.Set<IHttpResponseBodyFeature>(new CountedAnswer(context.Features.GetRequiredFeature<IHttpResponseBodyFeature>(), use));
        try
        {
            await next(context);
        }
        finally
        {
            use.Dispose();
            caller.Leave(mayWait);
            instance.Leave(mayWait);
        }
    }

    private async Task RefuseAsync(HttpContext context, ApiError error, CallerUse? caller)
    {
        instance.NoteRefusal(error.Status);
        if (caller is not null && error.Status == StatusCodes.Status429TooManyRequests && caller.IsRefusedTooOften())
            await Task.Delay(Lateness, time, context.RequestAborted);
        await Answer.ErrorAsync(context, error);
    }
}
