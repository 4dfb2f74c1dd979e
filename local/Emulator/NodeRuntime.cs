using System.Diagnostics;
using System.Globalization;
using ManagedLog.Local.Processes;

namespace ManagedLog.Local.Emulator;

/// <summary>The Node.js of this machine, which runs the emulator.</summary>
internal sealed record NodeRuntime(string Path, int MajorVersion)
{
    /// <summary>The oldest release that the emulator is known to run on.</summary>
    public const int OldestMajorVersion = 20;

    /// <summary>Finds Node.js by PATH.</summary>
    /// <exception cref="LaunchException">There is none, or it is too old.</exception>
    public static async Task<NodeRuntime> FindAsync()
    {
        var path = SearchPath.Find("node")
            ?? throw new LaunchException(
                $"Node.js was not found: install Node.js {OldestMajorVersion} or newer, which runs the storage emulator, so that \"node\" is on the PATH.");
        var start = new ProcessStartInfo(path);
        start.ArgumentList.Add("--version");
        await using var process = ChildProcess.Start(start, static _ => { });
        await process.Exited;
        var version = process.LastLines is [.., var last] ? last : "";
        if (!version.StartsWith('v') || !int.TryParse(version[1..].Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major))
            throw new LaunchException($"{path} did not tell its version (it said \"{version}\"): install Node.js {OldestMajorVersion} or newer.");
        if (major < OldestMajorVersion)
            throw new LaunchException($"{path} is Node.js {version}, which is too old: install Node.js {OldestMajorVersion} or newer.");
        return new NodeRuntime(path, major);
    }
}
