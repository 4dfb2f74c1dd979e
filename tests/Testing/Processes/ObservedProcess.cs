using System.Diagnostics;
using Xunit;

namespace ManagedLog.Testing.Processes;

/// <summary>
/// A process that a test started, with all that it writes. Every wait has a time-out and says what was written so far when it passes. Disposing kills the
/// process if it still runs, so a failing test leaves none behind; what that process started must end by itself.
/// </summary>
public sealed class ObservedProcess : IAsyncDisposable
{
    /// <summary>Long enough for a loaded machine; no passing test comes near it.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];
    private readonly List<(Func<string, bool> Matches, TaskCompletionSource<string> Found)> _waits = [];
    private readonly Task _ended;

    private ObservedProcess(Process process)
    {
        _process = process;
        _ended = Task.WhenAll(ReadAsync(process.StandardOutput, _output), ReadAsync(process.StandardError, _errors), process.WaitForExitAsync());
    }

    public int Id => _process.Id;

    /// <summary>All lines of standard error so far.</summary>
    public IReadOnlyList<string> Errors => Copy(_errors);

    /// <summary>All lines of standard output so far.</summary>
    public IReadOnlyList<string> Output => Copy(_output);

    /// <summary>Starts a process with the variables of this one and some more; a null value removes one.</summary>
    public static ObservedProcess Start(
        string executable, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment, string? workingFolder = null)
    {
        var start = new ProcessStartInfo(executable, arguments)
        {
            WorkingDirectory = workingFolder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new ObservedProcess(Process.Start(start)!);
    }

    /// <summary>Waits for a line on either output that contains a text, also among those that were written before.</summary>
    public async Task<string> LineAsync(string text)
    {
        TaskCompletionSource<string> found = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_output.Concat(_errors).FirstOrDefault(Matches) is { } line)
                return line;
            _waits.Add((Matches, found));
        }

        var first = await Task.WhenAny(found.Task, _ended, Task.Delay(s_timeout));
        if (found.Task.IsCompleted)
            return await found.Task;
        throw Failure($"No line with \"{text}\" {(first == _ended ? "before it ended" : $"within {s_timeout}")}.");

        bool Matches(string candidate) => candidate.Contains(text, StringComparison.Ordinal);
    }

    /// <summary>Waits until it ends by itself.</summary>
    /// <param name="timeout">For one that has much to do; otherwise the same as of all waits.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitCodeAsync(TimeSpan? timeout = null)
    {
        var limit = timeout ?? s_timeout;
        if (await Task.WhenAny(_ended, Task.Delay(limit)) != _ended)
            throw Failure($"It did not end within {limit}.");
        return _process.ExitCode;
    }

    /// <summary>Waits until a process that we have not started ourselves has ended, also one that nobody has collected yet.</summary>
    public static async Task GoneAsync(int processId)
    {
        using var timeout = new CancellationTokenSource(s_timeout);
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (IsRunning(processId))
            Assert.True(await ticks.WaitForNextTickAsync(timeout.Token));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _ended;
        _process.Dispose();
    }

    private static bool IsRunning(int processId)
    {
        try
        {
            // "id (name) state …"; Z and X are what is left of a process that has ended.
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private async Task ReadAsync(StreamReader reader, List<string> lines)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_lock)
            {
                lines.Add(line);
                foreach (var (matches, found) in _waits)
                {
                    if (matches(line))
                        found.TrySetResult(line);
                }
            }
        }
    }

    private List<string> Copy(List<string> lines)
    {
        lock (_lock)
            return [.. lines];
    }

    private InvalidOperationException Failure(string what) =>
        new($"{what} It wrote:\n{string.Join('\n', Output)}\nand as errors:\n{string.Join('\n', Errors)}");
}
