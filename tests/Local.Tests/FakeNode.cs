using ManagedLog.Testing;

namespace ManagedLog.Local.Tests;

/// <summary>
/// A PATH of its own with a "node" and an "npm" that are small shell scripts, and an empty cache: the installation without the network. The fake npm writes a
/// line to
/// <see cref="NpmRuns"/> each time that it is run.
/// </summary>
internal sealed class FakeNode : IDisposable
{
    /// <summary>Writes what is taken for the emulator into the folder after --prefix.</summary>
    public const string Installs = "mkdir -p \"$3/node_modules/azurite/dist/src\" && : > \"$3/node_modules/azurite/dist/src/azurite.js\"";

    private readonly TemporaryFolder _folder = new();

    /// <param name="version">What "node --version" says, or null for no node. Run for anything else it ends at once with exit code 7.</param>
    /// <param name="npm">What npm does, as shell commands, or null for no npm.</param>
    public FakeNode(string? version, string? npm)
    {
        Directory.CreateDirectory(_folder["bin"]);
        if (version is not null)
            WriteScript("node", $"[ \"$1\" = --version ] && echo {version} && exit 0\necho this is not an emulator\nexit 7");
        if (npm is not null)
            WriteScript("npm", $"PATH=/usr/bin:/bin\necho \"$@\" >> '{_folder["npm-runs"]}'\n{npm}");
    }

    public IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?>
    {
        ["PATH"] = _folder["bin"],
        ["XDG_CACHE_HOME"] = _folder["cache"],
    };

    /// <summary>The arguments of each run of npm.</summary>
    public IReadOnlyList<string> NpmRuns => File.Exists(_folder["npm-runs"]) ? File.ReadAllLines(_folder["npm-runs"]) : [];

    /// <summary>A folder for the emulator's data.</summary>
    public string NewDataFolder() => _folder[Guid.NewGuid().ToString("N")];

    /// <summary>A path for whatever the scripts need.</summary>
    public string this[string name] => _folder[name];

    /// <summary>The names of all folders in the cache of emulators.</summary>
    public IReadOnlyList<string> CachedFolders
    {
        get
        {
            var cache = Path.Combine(_folder["cache"], "managedlog", "azurite");
            return Directory.Exists(cache) ? [.. Directory.GetDirectories(cache).Select(static folder => Path.GetFileName(folder)!)] : [];
        }
    }

    public void Dispose() => _folder.Dispose();

    private void WriteScript(string name, string commands)
    {
        var file = Path.Combine(_folder["bin"], name);
        File.WriteAllText(file, $"#!/bin/sh\n{commands}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
