using System.Diagnostics;
using System.Globalization;

namespace ManagedLog.Benchmarks.Running;

/// <summary>How much processor time the generator, the services and the emulator take from here on. 100 % is one core.</summary>
internal sealed class CpuTimes
{
    public static readonly IReadOnlyList<string> Names = ["generator", "services", "emulator"];

    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly (string Name, int[] Processes, TimeSpan Before)[] _groups;

    public CpuTimes(Bed bed) => _groups =
    [
        Group(Names[0], Environment.ProcessId),
        Group(Names[1], [.. bed.Services.Select(static service => service.ProcessId)]),
        Group(Names[2], bed.EmulatorId),
    ];

    /// <summary>Of each, in the order of their names.</summary>
    public TimeSpan[] Taken() => [.. _groups.Select(static group => Total(group.Processes) - group.Before)];

    /// <summary>For instance <c>1.9 of 2 cores idle …</c>; what the machine does besides is the load.</summary>
    public override string ToString()
    {
        var elapsed = Stopwatch.GetElapsedTime(_startedAt);
        return string.Join(", ", _groups.Select(group =>
            string.Create(CultureInfo.InvariantCulture, $"{group.Name} {(Total(group.Processes) - group.Before) / elapsed:P0} of a core")));
    }

    /// <summary>The machine's load of the last minute, where the system tells it.</summary>
    public static string Load => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    private static (string Name, int[] Processes, TimeSpan Before) Group(string name, params int[] processes) => (name, processes, Total(processes));

    private static TimeSpan Total(int[] processes)
    {
        var total = TimeSpan.Zero;
        foreach (var id in processes)
        {
            using var process = Process.GetProcessById(id);
            total += process.TotalProcessorTime;
        }

        return total;
    }
}
