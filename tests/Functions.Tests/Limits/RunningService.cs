using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Limits;

/// <summary>A service of one test's own, with settings that no other should have.</summary>
internal sealed class RunningService(TestService service) : IAsyncDisposable
{
    public TestService Service => service;

    public static async Task<RunningService> StartAsync(params string[] settings)
    {
        var service = new TestService(new ManagedLog.Engine.Backend.InMemoryBackend(TimeProvider.System), settings);
        await service.InitializeAsync();
        return new RunningService(service);
    }

    public async ValueTask DisposeAsync() => await service.DisposeAsync();
}
