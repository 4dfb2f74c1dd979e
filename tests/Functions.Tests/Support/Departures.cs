using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedLog.Functions.Tests.Support;

/// <summary>Tells when a service has noticed that the client of its next request to a path has gone, which it does some time after the client went.</summary>
internal sealed class Departures : IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private readonly TaskCompletionSource _noticed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _pathEnd;
    private readonly IDisposable _subscription;

    public Departures(TestService service, string pathEnd)
    {
        _pathEnd = pathEnd;
        _subscription = service.Services.GetRequiredService<DiagnosticListener>().Subscribe(this, static name => name == "Microsoft.AspNetCore.Hosting.HttpRequestIn.Start");
    }

    public Task Noticed => _noticed.Task;

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is HttpContext context && context.Request.Path.Value!.EndsWith(_pathEnd, StringComparison.Ordinal))
            context.RequestAborted.Register(static state => ((TaskCompletionSource)state!).TrySetResult(), _noticed);
    }

    public void OnError(Exception error)
    {
    }

    public void OnCompleted()
    {
    }

    public void Dispose() => _subscription.Dispose();
}
