using System.ComponentModel;
using System.Diagnostics;

namespace ManagedLog.Local.Processes;

/// <summary>
/// A process that runs until its standard input ends: closing it is the only way this class asks for a stop, and it also happens when we die, in whatever way.
/// The last lines that it wrote are kept for the report of an unexpected end.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int LinesKept = 20;
    private const int LinesDescribed = 10;

    private readonly Process _process;
    private readonly Action<string> _onLine;
    private readonly Queue<string> _lastLines = new(LinesKept);

    private ChildProcess(Process process, Action<string> onLine)
    {
        _process = process;
        _onLine = onLine;
        StartedUtc = DateTime.UtcNow;
        Exited = RunToExitAsync();
    }

    /// <summary>The operating system's id of the process.</summary>
    public int Id => _process.Id;

    public DateTime StartedUtc { get; }

    /// <summary>Completes with the exit code once the process ended and everything that it wrote was passed on. Never faults.</summary>
    public Task<int> Exited { get; }

    /// <summary>The last lines of both outputs, oldest first.</summary>
    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (_lastLines)
                return [.. _lastLines];
        }
    }

    /// <summary>Starts a process. <paramref name="onLine"/> gets each line of both of its outputs, one at a time.</summary>
    /// <exception cref="LaunchException">The executable cannot be started.</exception>
    public static ChildProcess Start(ProcessStartInfo start, Action<string> onLine)
    {
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        try
        {
            return new ChildProcess(Process.Start(start)!, onLine);
        }
        catch (Win32Exception e)
        {
            throw new LaunchException($"{start.FileName} cannot be started: {e.Message}.", e);
        }
    }

    /// <summary>Asks the process to stop and waits until it has. It may be asked again.</summary>
    public Task<int> StopAsync()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already and nobody reads the pipe.
        }

        return Exited;
    }

    /// <summary>Ends the process and those that it started, at once. Only for processes that hold nothing worth saving.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }

    /// <summary>One paragraph about an end that nobody asked for: the exit code and the last lines. Only after it has ended.</summary>
    public async Task<string> DescribeEndAsync(string name)
    {
        var lines = LastLines.TakeLast(LinesDescribed).Select(static line => $"\n  {line}");
        return $"{name} ended with exit code {await Exited}; its last lines were:{string.Concat(lines)}";
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    private async Task<int> RunToExitAsync()
    {
        await Task.WhenAll(PassOnAsync(_process.StandardOutput), PassOnAsync(_process.StandardError), _process.WaitForExitAsync());
        return _process.ExitCode;
    }

    private async Task PassOnAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            lock (_lastLines)
            {
                if (_lastLines.Count == LinesKept)
                    _lastLines.Dequeue();
                _lastLines.Enqueue(line);
                _onLine(line);
            }
        }
    }
}
