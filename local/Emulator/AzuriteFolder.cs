using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace ManagedLog.Local.Emulator;

/// <summary>
/// A data folder that is ours alone while this object lives: two emulators on one folder would overwrite each other's data. A lock on a file keeps out other
/// living parents; a note of the emulator's process keeps us from starting beside one that outlived its parent and is still saving.
/// </summary>
internal sealed class AzuriteFolder : IDisposable
{
    private static readonly TimeSpan s_savingTimeout = TimeSpan.FromSeconds(30);

    // The operating system's clock may be corrected between two looks at a start time, by less than this; a reused process id is further away.
    private static readonly TimeSpan s_startTimeTolerance = TimeSpan.FromSeconds(5);

    private readonly FileStream _lock;
    private readonly string _noteFile;

    private AzuriteFolder(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
        _noteFile = System.IO.Path.Combine(path, "emulator.pid");
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>Makes the folder when it is absent, takes it, and waits until an emulator that was left behind has saved and ended.</summary>
    /// <exception cref="LaunchException">The folder cannot be written, or another emulator uses it.</exception>
    public static async Task<AzuriteFolder> TakeAsync(string path, CancellationToken cancellationToken)
    {
        path = System.IO.Path.GetFullPath(path);
        var folder = new AzuriteFolder(path, Lock(path));
        try
        {
            await folder.WaitForLeftEmulatorAsync(cancellationToken);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Notes the process that writes to this folder from now on.</summary>
    public void Note(int processId, DateTime startedUtc) =>
        File.WriteAllText(_noteFile, string.Create(CultureInfo.InvariantCulture, $"{processId} {startedUtc.Ticks}"));

    public void Dispose() => _lock.Dispose();

    private static FileStream Lock(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LaunchException($"The data folder {path} cannot be made: choose another with --data.", e);
        }

        try
        {
            return new FileStream(System.IO.Path.Combine(path, "emulator.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new LaunchException($"The data folder {path} cannot be written: choose another with --data.", e);
        }
        catch (IOException e)
        {
            throw new LaunchException($"The data folder {path} is in use by another storage emulator: stop that one or choose another folder with --data.", e);
        }
    }

    private async Task WaitForLeftEmulatorAsync(CancellationToken cancellationToken)
    {
        using var left = FindLeftEmulator();
        if (left is null)
            return;
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(s_savingTimeout);
        try
        {
            await left.WaitForExitAsync(waiting.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LaunchException(
                $"The data folder {Path} is in use by a storage emulator that was left behind: end process {left.Id} (kill {left.Id}, which lets it save its data).");
        }
    }

    private Process? FindLeftEmulator()
    {
        if (!File.Exists(_noteFile))
            return null;
        var note = File.ReadAllText(_noteFile).Split(' ');
        if (note.Length != 2
            || !int.TryParse(note[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            || !long.TryParse(note[1], NumberStyles.None, CultureInfo.InvariantCulture, out var startTicks))
            return null;
        try
        {
            var process = Process.GetProcessById(id);
            if ((process.StartTime.ToUniversalTime() - new DateTime(startTicks, DateTimeKind.Utc)).Duration() < s_startTimeTolerance)
                return process;
            process.Dispose();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // No such process any more, or not one of ours.
        }

        return null;
    }
}
