using System.Diagnostics;
using ManagedLog.Simulation;
using ManagedLog.Simulation.Workload;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>One seed is one run, byte for byte (I21): otherwise no violation could be repeated.</summary>
public sealed class DeterminismTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Run_OfOneSeedTwice_LeavesTheSameTrace(ulong seed)
    {
        var first = SimulationRun.Execute(seed, Breakage.None, keepTrace: true);
        var second = SimulationRun.Execute(seed, Breakage.None, keepTrace: true);

        Assert.True(first.Trace.Count > 500);
        Assert.Equal(first.Trace.Lines, second.Trace.Lines);
        Assert.Equal(first.Trace.Digest, second.Trace.Digest);
    }

    [Fact]
    public void Run_OfAnotherSeed_LeavesAnotherTrace() =>
        Assert.NotEqual(SimulationRun.Execute(1, Breakage.None).Trace.Digest, SimulationRun.Execute(2, Breakage.None).Trace.Digest);

    /// <summary>Strings hash differently in each process: nothing may depend on the order of a hash table.</summary>
    [Fact]
    public async Task Run_InAnotherProcess_LeavesTheSameTrace()
    {
        var here = Enumerable.Range(1, 4)
            .Select(seed => SimulationRun.Execute((ulong)seed, Breakage.None))
            .Select(report => $"{report.Seed} {report.Trace.Digest} {report.Trace.Count}");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList = { "exec", typeof(SimulationRun).Assembly.Location, "--digest", "--first", "1", "--seeds", "4" },
        };
        using var process = Process.Start(start)!;
        var there = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal([.. here, "No violation."], there.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        Assert.Equal(0, process.ExitCode);
    }
}
