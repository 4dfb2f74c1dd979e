using System.Diagnostics;
using System.Globalization;
using ManagedLog.Local.Processes;

namespace ManagedLog.Local.Services;

/// <summary>One running instance of the service. It stops when its standard input ends, so it does not outlive us.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_readyTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_readyRetry = TimeSpan.FromMilliseconds(50);

    // Longer than the service lets requests finish. What it acknowledged is in storage, so ending it hard loses nothing.
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(15);

    private readonly ChildProcess _process;

    private ServiceProcess(ChildProcess process, int port)
    {
        _process = process;
        Address = new Uri($"http://localhost:{port}");
    }

    public Uri Address { get; }

    public int ProcessId => _process.Id;

    /// <summary>Completes with the exit code when the service has ended. Never faults.</summary>
    public Task<int> Exited => _process.Exited;

    /// <summary>Starts the service without waiting for it.</summary>
    /// <param name="connectionString">The storage account, or null for storage in the service's own memory.</param>
    /// <param name="settings">Further settings, as in the environment: <c>ManagedLog__…</c>.</param>
    /// <exception cref="LaunchException">The service was not built.</exception>
    public static ServiceProcess Start(int port, string? connectionString, Action<string> onLine, IReadOnlyDictionary<string, string>? settings = null)
    {
        var executable = Path.ChangeExtension(BuildInformation.ServiceAssembly, OperatingSystem.IsWindows() ? "exe" : null);
        if (!File.Exists(executable))
            throw new LaunchException($"The service was not built: {executable} is missing, build the solution first.");
        var start = new ProcessStartInfo(executable) { WorkingDirectory = Path.GetDirectoryName(executable) };
        var environment = start.Environment;
        environment["ASPNETCORE_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}");
        // So that a developer needs no key on this machine.
        environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        environment["ManagedLog__StopAtEndOfInput"] = "true";
        environment["ManagedLog__Storage"] = connectionString is null ? "memory" : "azure";
        environment["ManagedLog__ConnectionString"] = connectionString ?? "";
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
            environment[name] = value;
        // Set, it would make the service think that the Functions host has started it.
        environment.Remove("FUNCTIONS_CUSTOMHANDLER_PORT");
        return new ServiceProcess(ChildProcess.Start(start, onLine), port);
    }

    /// <summary>Answers when the service says that it is ready.</summary>
    /// <exception cref="LaunchException">It ended, or was not ready within a minute.</exception>
    public async Task WaitUntilReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(s_readyTimeout);
        try
        {
            while (!await IsReadyAsync(http, waiting.Token))
            {
                if (Exited.IsCompleted)
                    throw new LaunchException(await DescribeEndAsync());
                await Task.Delay(s_readyRetry, waiting.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LaunchException($"The service at {Address.Authority} was not ready within {s_readyTimeout.TotalSeconds:F0} s: see what it wrote above.");
        }
    }

    /// <summary>One paragraph about an end that nobody asked for: the exit code and the last lines. Only after it has ended.</summary>
    public Task<string> DescribeEndAsync() => _process.DescribeEndAsync($"The service at {Address.Authority}");

    /// <summary>Asks the service to stop and waits until it has ended; ends it when it takes too long.</summary>
    public async Task StopAsync()
    {
        var stopped = _process.StopAsync();
        if (await Task.WhenAny(stopped, Task.Delay(s_stopTimeout)) != stopped)
            _process.Kill();
        await stopped;
    }

    /// <summary>Ends the process at once, as a crash would.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _process.DisposeAsync();
    }

    private async Task<bool> IsReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await http.GetAsync(new Uri(Address, "/health/ready"), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
