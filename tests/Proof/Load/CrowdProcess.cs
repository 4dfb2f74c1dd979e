using System.Diagnostics;
using System.Globalization;

namespace ManagedLog.Proof.Load;

/// <summary>A process that runs <see cref="CrowdCommand"/>.</summary>
internal sealed class CrowdProcess : IDisposable
{
    private readonly Process _process;

    private CrowdProcess(Process process) => _process = process;

    public static CrowdProcess Start(Uri server, int clients)
    {
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, typeof(CrowdProcess).Assembly.GetName().Name + ".dll"));
        foreach (var argument in new[] { CrowdCommand.Name, "--server", server.ToString(), "--clients", clients.ToString(CultureInfo.InvariantCulture) })
            start.ArgumentList.Add(argument);
        return new CrowdProcess(Process.Start(start)!);
    }

    /// <summary>Ends all clients; what they were told.</summary>
    public async Task<AnswerCounts> StopAsync(CancellationToken cancellationToken)
    {
        _process.StandardInput.Close();
        var counts = AnswerCounts.Read(await _process.StandardOutput.ReadToEndAsync(cancellationToken));
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode == 0 ? counts : throw new ProofFailedException($"The clients ended with exit code {_process.ExitCode}.");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
