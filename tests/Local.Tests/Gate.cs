using ManagedLog.Testing;

namespace ManagedLog.Local.Tests;

/// <summary>Stops a shell script at one place until the test lets it go on: two named pipes, on which both sides wait for each other.</summary>
internal sealed class Gate : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();

    public Gate()
    {
        MakePipe(_folder["reached"]);
        MakePipe(_folder["open"]);
    }

    /// <summary>The shell command that waits.</summary>
    public string Wait => $"{{ echo reached > '{_folder["reached"]}'; read line < '{_folder["open"]}'; }}";

    /// <summary>Waits until a script is at the gate. One call for each script that comes.</summary>
    public Task ReachedAsync() => OnPipeAsync(() => File.ReadAllText(_folder["reached"]));

    /// <summary>Lets the script that is at the gate go on.</summary>
    public Task OpenAsync() => OnPipeAsync(() => File.WriteAllText(_folder["open"], "go\n"));

    public void Dispose() => _folder.Dispose();

    // Opening a pipe blocks until the other side opens it too.
    private static Task OnPipeAsync(Action action) => Task.Factory.StartNew(action, TaskCreationOptions.LongRunning).WaitAsync(s_timeout);

    private static void MakePipe(string path)
    {
        using var make = System.Diagnostics.Process.Start("mkfifo", [path]);
        make.WaitForExit();
        Assert.Equal(0, make.ExitCode);
    }
}
