using System.Diagnostics;
using ManagedLog.Local.Processes;

namespace ManagedLog.Local.Emulator;

/// <summary>
/// Installs the storage emulator, once for all users of this cache: in a folder named by its version, which appears only when it is complete. Any number of
/// processes may ask for it at once: one installs, the others wait for it.
/// </summary>
/// <param name="cache">The folder for all versions.</param>
/// <param name="report">Gets lines about the progress.</param>
internal sealed class AzuriteInstaller(string cache, Action<string> report)
{
    public const string Version = "3.37.0";

    private const int InstalledMegabytes = 365;

    private static readonly TimeSpan s_lockRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_progressEvery = TimeSpan.FromSeconds(5);

    private readonly string _folder = Path.Combine(cache, Version);

    /// <summary>The cache of this user: under XDG_CACHE_HOME or ~/.cache, on Windows under the local application data.</summary>
    public static string UserCache
    {
        get
        {
            var caches = OperatingSystem.IsWindows()
                ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } named
                    ? named
                    : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.Combine(caches, "managedlog", "azurite");
        }
    }

    /// <summary>Finds the emulator, or installs it. When this is cancelled or fails, nothing that could be taken for an installation is left.</summary>
    /// <exception cref="LaunchException">Node.js is missing or too old, or npm is missing or failed.</exception>
    public async Task<AzuriteInstallation> EnsureAsync(CancellationToken cancellationToken)
    {
        var installation = new AzuriteInstallation(await NodeRuntime.FindAsync(), _folder);
        if (File.Exists(installation.MainFile))
            return installation;

        Directory.CreateDirectory(cache);
        using var alone = await LockAsync(cancellationToken);
        if (!File.Exists(installation.MainFile))
            await InstallAsync(cancellationToken);
        return installation;
    }

    private async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        for (var reported = false; ; reported = true)
        {
            try
            {
                return new FileStream(Path.Combine(cache, Version + ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                if (!reported)
                    report($"Waiting for another process that installs the storage emulator into {_folder}.");
            }

            await Task.Delay(s_lockRetry, cancellationToken);
        }
    }

    private async Task InstallAsync(CancellationToken cancellationToken)
    {
        var npm = SearchPath.Find("npm")
            ?? throw new LaunchException(
                "npm was not found: install npm, which comes with Node.js and fetches the storage emulator, so that \"npm\" is on the PATH.");
        report($"Installing the storage emulator (azurite {Version}, about {InstalledMegabytes} MB) into {_folder}. This is done once.");
        RemovePartial();
        var partial = Directory.CreateDirectory($"{_folder}.partial-{Environment.ProcessId}").FullName;
        try
        {
            await RunNpmAsync(npm, partial, cancellationToken);
            if (!File.Exists(AzuriteInstallation.MainFileIn(partial)))
                throw new LaunchException(
                    $"npm said that it installed the storage emulator (azurite {Version}), but its main file is not there: try again, or update npm.");
            if (Directory.Exists(_folder))
                Directory.Delete(_folder, recursive: true);
            Directory.Move(partial, _folder);
        }
        finally
        {
            RemovePartial();
        }

        report("The storage emulator is installed.");
    }

    private async Task RunNpmAsync(string npm, string folder, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(npm) { WorkingDirectory = folder };
        string[] arguments =
        [
            "install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save", "--no-package-lock", "--ignore-scripts", "--loglevel=error",
            $"azurite@{Version}",
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);

        await using var process = ChildProcess.Start(start, static _ => { });
        await using var killed = cancellationToken.Register(process.Kill);
        var clock = Stopwatch.StartNew();
        while (await Task.WhenAny(process.Exited, Task.Delay(s_progressEvery, CancellationToken.None)) != process.Exited)
            report($"  npm works: {clock.Elapsed.TotalSeconds:F0} s, {MegabytesIn(folder)} of about {InstalledMegabytes} MB.");

        cancellationToken.ThrowIfCancellationRequested();
        if (await process.Exited != 0)
            throw new LaunchException($"npm could not install the storage emulator (azurite {Version}): {WhatNpmSaid(process.LastLines)}");
    }

    private void RemovePartial()
    {
        foreach (var partial in Directory.EnumerateDirectories(cache, Version + ".partial-*"))
            Directory.Delete(partial, recursive: true);
    }

    private static long MegabytesIn(string folder)
    {
        var files = new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true });
        return files.Sum(static file => file.Exists ? file.Length : 0) / 1_000_000;
    }

    /// <summary>npm's last three lines that say something, in one.</summary>
    private static string WhatNpmSaid(IReadOnlyList<string> lines)
    {
        var telling = lines
            .Select(static line => line.Replace("npm error", "", StringComparison.Ordinal).Replace("npm ERR!", "", StringComparison.Ordinal).Trim())
            .Where(static line => line.Length > 0)
            .Where(static line => !line.StartsWith("A complete log of this run", StringComparison.Ordinal) && !line.Contains("-debug-0.log", StringComparison.Ordinal))
            .TakeLast(3)
            .ToList();
        return telling.Count == 0 ? "it said nothing." : string.Join("; ", telling).TrimEnd('.') + ".";
    }
}
