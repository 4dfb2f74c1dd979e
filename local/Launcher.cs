using ManagedLog.Local.Emulator;
using ManagedLog.Local.Services;

namespace ManagedLog.Local;

/// <summary>
/// Starts the emulator, then the instances of the service, and stops them in the other order. Nothing is restarted: whatever ends by itself ends the whole.
/// </summary>
internal sealed class Launcher(LocalOptions options, ConsoleOutput console)
{
    /// <summary>Runs until <paramref name="stop"/> is cancelled. When it returns or throws, all that it had started has ended.</summary>
    /// <exception cref="LaunchException">Something could not be started, or ended by itself.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        Ports.RefuseUsed(options.Ports);
        await using var emulator = await StartEmulatorAsync(stop);
        await using var services = new ServiceGroup();
        foreach (var port in options.Ports)
            services.Add(StartService(port, emulator));

        using var serving = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var served = ServeAsync(services, serving.Token);
        var emulatorEnded = emulator is null ? new TaskCompletionSource<int>().Task : emulator.Exited;
        var first = await Task.WhenAny([served, emulatorEnded, .. services.Exits]);
        await serving.CancelAsync();
        await Task.WhenAny(served);

        if (first == emulatorEnded)
            throw new LaunchException(await emulator!.DescribeEndAsync());
        if (first != served)
            throw new LaunchException(await services.DescribeEndAsync());
        await served;
    }

    private async Task ServeAsync(ServiceGroup services, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        await services.WaitUntilReadyAsync(http, cancellationToken);
        console.Line(await ReadyMessage.ComposeAsync(http, services, options, cancellationToken));
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private async Task<AzuriteProcess?> StartEmulatorAsync(CancellationToken stop)
    {
        if (options.Storage == StorageKind.Memory)
            return null;
        var installation = await new AzuriteInstaller(AzuriteInstaller.UserCache, console.Line).EnsureAsync(stop);
        var emulator = await AzuriteProcess.StartAsync(installation, options.DataFolder, console.From("emulator"), stop);
        console.Line($"The storage emulator runs as process {emulator.ProcessId}.");
        return emulator;
    }

    private ServiceProcess StartService(int port, AzuriteProcess? emulator)
    {
        var service = ServiceProcess.Start(port, emulator?.ConnectionString, console.From(options.Instances == 1 ? "service" : $"service {port}"));
        console.Line($"The service on port {port} runs as process {service.ProcessId}.");
        return service;
    }
}
