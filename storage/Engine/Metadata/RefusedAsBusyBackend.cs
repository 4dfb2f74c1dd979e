using ManagedLog.Engine.Backend;
using Microsoft.Extensions.Logging;

namespace ManagedLog.Engine.Metadata;

/// <summary>
/// For callers that answer with refusals and never with an exception: a call that storage will not accept (credentials that ran out, as they do while keys are
/// changed) did nothing, as one that it is too busy for. The log says why.
/// </summary>
internal sealed class RefusedAsBusyBackend(IStorageBackend inner, ILogger logger) : InterceptingBackend(inner)
{
    protected override async ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
    {
        try
        {
            return await proceed(cancellationToken);
        }
        catch (StorageRefusedException e)
        {
            logger.LogWarning(e, "Storage refuses {Verb} on {Target}.", call.Verb, call.Target);
            return Outcome.Throttled<T>(e.Message);
        }
    }
}
