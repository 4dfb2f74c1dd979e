using System.Globalization;
using ManagedLog.Testing.Processes;

namespace ManagedLog.Local.Tests;

/// <summary>Starts the built executable as a person would.</summary>
internal static class LocalProgram
{
    private static readonly string s_executable = Path.Combine(AppContext.BaseDirectory, "ManagedLog.Local");

    public static ObservedProcess Start(params string[] arguments) => Start(new Dictionary<string, string?>(), arguments);

    public static ObservedProcess Start(IReadOnlyDictionary<string, string?> environment, params string[] arguments) =>
        ObservedProcess.Start(s_executable, arguments, environment);

    /// <summary>The id at the end of a line such as "The storage emulator runs as process 123."</summary>
    public static async Task<int> ProcessIdAsync(this ObservedProcess program, string what)
    {
        var line = await program.LineAsync($"{what} runs as process ");
        return int.Parse(line.AsSpan(line.LastIndexOf(' ') + 1).TrimEnd('.'), NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
