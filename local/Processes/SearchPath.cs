namespace ManagedLog.Local.Processes;

/// <summary>Finds programs as a shell would, by the PATH variable.</summary>
internal static class SearchPath
{
    private static readonly string[] s_extensions = OperatingSystem.IsWindows() ? [".exe", ".cmd"] : [""];

    /// <summary>The full path of a program, or null when no folder of PATH has it.</summary>
    public static string? Find(string program)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var candidates = from folder in folders
                         from extension in s_extensions
                         select Path.Combine(folder, program + extension);
        return candidates.FirstOrDefault(File.Exists);
    }
}
