using System.Diagnostics;
using System.Globalization;
using ManagedLog.Local.Processes;

namespace ManagedLog.Local.Emulator;

/// <summary>
/// One running storage emulator, with its data in one folder and on free ports of the loopback interface. It saves its data whenever it ends, our own sudden
/// death included; only when it is itself killed hard it forgets what it acknowledged in its last seconds.
/// </summary>
internal sealed class AzuriteProcess : IAsyncDisposable
{
    // The emulator's well-known account: no secret.
    private const string Account = "devstoreaccount1";
    private const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(60);

    private readonly ChildProcess _process;
    private readonly AzuriteFolder _folder;

    private AzuriteProcess(ChildProcess process, AzuriteFolder folder, AzuriteEndpoints endpoints)
    {
        _process = process;
        _folder = folder;
        Endpoints = endpoints;
        ConnectionString =
            $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={AccountKey};"
            + $"BlobEndpoint={endpoints.Blob}/{Account};TableEndpoint={endpoints.Table}/{Account};";
    }

    public AzuriteEndpoints Endpoints { get; }

    /// <summary>Names its account, key, blob and table endpoints.</summary>
    public string ConnectionString { get; }

    public int ProcessId => _process.Id;

    /// <summary>Completes with the exit code when the emulator has ended. Never faults.</summary>
    public Task<int> Exited => _process.Exited;

    /// <summary>Starts the emulator and answers when it listens.</summary>
    /// <param name="installation">What to start.</param>
    /// <param name="folder">Where its data are and stay; made when absent. One emulator at a time may use it.</param>
    /// <param name="onLine">Gets what the emulator writes, line by line.</param>
    /// <param name="ports">For blobs and tables, or null for any that are free: so that it can be started again where its clients look for it.</param>
    /// <exception cref="LaunchException">Another emulator uses the folder, or this one ended, or did not listen within a minute.</exception>
    public static async Task<AzuriteProcess> StartAsync(
        AzuriteInstallation installation, string folder, Action<string> onLine, CancellationToken cancellationToken, (int Blob, int Table)? ports = null)
    {
        var ours = await AzuriteFolder.TakeAsync(folder, cancellationToken);
        ChildProcess? process = null;
        try
        {
            var announcements = new AzuriteAnnouncements();
            process = ChildProcess.Start(StartInfo(installation, ours, ports ?? (0, 0)), line =>
            {
                announcements.Read(line);
                onLine(line);
            });
            ours.Note(process.Id, process.StartedUtc);
            return new AzuriteProcess(process, ours, await ListeningAsync(process, announcements, cancellationToken));
        }
        catch
        {
            if (process is not null)
                await process.DisposeAsync();
            ours.Dispose();
            throw;
        }
    }

    /// <summary>One paragraph about an end that nobody asked for: the exit code and the last lines. Only after it has ended.</summary>
    public Task<string> DescribeEndAsync() => _process.DescribeEndAsync("The storage emulator");

    /// <summary>Asks the emulator to stop and waits until it has saved its data and ended. Those who use it should have ended before.</summary>
    public Task<int> StopAsync() => _process.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Dispose();
    }

    private static ProcessStartInfo StartInfo(AzuriteInstallation installation, AzuriteFolder folder, (int Blob, int Table) ports)
    {
        var start = new ProcessStartInfo(installation.Node.Path) { WorkingDirectory = folder.Path };
        string[] arguments =
        [
            "-r", Path.Combine(AppContext.BaseDirectory, "Emulator", "azurite-guard.js"), installation.MainFile, "--location", folder.Path,
            "--blobPort", Text(ports.Blob), "--queuePort", "0", "--tablePort", Text(ports.Table), "--skipApiVersionCheck", "--disableTelemetry", "--silent",
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        // Either would give the emulator other accounts or another database than we say.
        start.Environment.Remove("AZURITE_ACCOUNTS");
        start.Environment.Remove("AZURITE_DB");
        return start;
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static async Task<AzuriteEndpoints> ListeningAsync(ChildProcess process, AzuriteAnnouncements announcements, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var late = Task.Delay(s_startTimeout, waiting.Token);
        var first = await Task.WhenAny(announcements.Endpoints, process.Exited, late);
        await waiting.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        if (first == announcements.Endpoints)
            return await announcements.Endpoints;
        throw new LaunchException(first == late
            ? $"The storage emulator did not listen within {s_startTimeout.TotalSeconds:F0} s."
            : $"The storage emulator ended with exit code {await process.Exited}: {string.Join("; ", process.LastLines.TakeLast(3))}.");
    }
}
