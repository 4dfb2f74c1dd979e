using ManagedLog.Engine;

namespace ManagedLog.Functions.Security;

/// <summary>Ends a stream when the credentials that it was begun with are not good any more: looked at as often as keys are read anew.</summary>
internal sealed class StreamGuard : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended;
    private readonly CancellationTokenSource _done = new();
    private readonly Task _watching;

    public StreamGuard(HttpContext context, Authentication authentication, EngineOptions options, TimeProvider time, CancellationToken stopping)
    {
        _ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var caller = Caller.Of(context);
        _watching = caller is { Key: null, ExpiresAt: null } ? Task.CompletedTask : WatchAsync(caller, authentication, options.MetadataMaxAge, time);
    }

    /// <summary>Cancelled when the stream is to end, also because the service stops.</summary>
    public CancellationToken Ended => _ended.Token;

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        await _watching;
        _done.Dispose();
        _ended.Dispose();
    }

    private async Task WatchAsync(Caller caller, Authentication authentication, TimeSpan interval, TimeProvider time)
    {
        while (!_done.IsCancellationRequested)
        {
            await Task.Delay(interval, time, _done.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_done.IsCancellationRequested)
                return;
            if (!await IsGoodAsync(caller, authentication))
            {
                await _ended.CancelAsync();
                return;
            }
        }
    }

    private async ValueTask<bool> IsGoodAsync(Caller caller, Authentication authentication)
    {
        try
        {
            return await authentication.CheckAgainAsync(caller, _done.Token) is null;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
        catch (InvalidDataException)
        {
            // A row that cannot be read is no key.
            return false;
        }
    }
}
