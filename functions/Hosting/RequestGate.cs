using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Hosting;

/// <summary>Holds requests that need the engine until it has started, and answers them with 503 when that takes too long. Marks endpoints that need no engine.</summary>
internal sealed class RequestGate(EngineStart start)
{
    /// <summary>Long enough for a cold start, short enough that the client's own limit does not pass.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public async Task PassAsync(HttpContext context, RequestDelegate next)
    {
        if (start.IsStarted || context.GetEndpoint()?.Metadata.GetMetadata<NeedsNoEngine>() is not null || await start.WaitAsync(Patience, context.RequestAborted))
            await next(context);
        else
            await Answer.ErrorAsync(context, new ApiError(503, 50003, $"Storage cannot be used yet: {start.LastFailure} Nothing was changed; try again.") { RetryAfterSeconds = 1 });
    }
}

/// <summary>On endpoints that answer whether or not storage does.</summary>
internal sealed class NeedsNoEngine
{
    public static NeedsNoEngine Mark { get; } = new();
}
