namespace ManagedLog.Functions.Hosting;

/// <summary>
/// Stops the service when its standard input ends, which also happens when whoever started it is gone: so a launcher leaves no service behind, however it ends.
/// </summary>
internal sealed class EndOfInput(IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Reading standard input blocks until it ends: a thread of its own, which the end of the process does not wait for.
        new Thread(Watch) { IsBackground = true, Name = "end of input" }.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Watch()
    {
        using var input = Console.OpenStandardInput();
        Span<byte> ignored = stackalloc byte[256];
        while (input.Read(ignored) > 0)
        {
        }

        lifetime.StopApplication();
    }
}
