using System.Runtime.InteropServices;

namespace ManagedLog.Functions.Hosting;

/// <summary>
/// For a service that another program started and holds by its standard input: it stops when that input ends, which also happens when the other program dies, in whatever way.
/// SIGTERM stops it too. Ctrl+C, which reaches every process of a terminal at once, is left to the other program.
/// </summary>
internal sealed class EndOfInputLifetime(IHostApplicationLifetime application) : IHostLifetime, IDisposable
{
    private PosixSignalRegistration? _interrupt;
    private PosixSignalRegistration? _terminate;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static context => context.Cancel = true);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            application.StopApplication();
        });
        // A thread of its own: reading the console cannot be cancelled and would hold one of the pool's for ever.
        new Thread(ReadToEnd) { IsBackground = true, Name = "End of input" }.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _interrupt?.Dispose();
        _terminate?.Dispose();
    }

    private void ReadToEnd()
    {
        using var input = Console.OpenStandardInput();
        Span<byte> ignored = stackalloc byte[256];
        while (input.Read(ignored) > 0)
        {
        }

        application.StopApplication();
    }
}
