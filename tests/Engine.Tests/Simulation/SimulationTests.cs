using System.Globalization;
using ManagedLog.Simulation;
using ManagedLog.Simulation.Workload;
using Xunit.Abstractions;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>
/// The real engine, four instances with their housekeeping, under every fault that the simulation knows: I1–I13, I20, I23 and, in half of the runs with leases that
/// lie, I25. Each run is of one thread; all cores run some.
/// More of it by one command: dotnet run --project tests/Simulation -c Release -- --seeds 20000
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const ulong DefaultSeeds = 2000;
    private const ulong SeedsToCount = 200;

    [Fact]
    public void Seeds_UnderAllFaults_ViolateNothing()
    {
        var first = Setting("MANAGEDLOG_SIM_FIRST") ?? 1;
        var seeds = Setting("MANAGEDLOG_SIM_SEEDS") ?? DefaultSeeds;
        var violated = new List<RunReport<RunFigures>>();
        var batch = new SimulationBatch<RunFigures>(first, seeds, seed => SimulationRun.Execute(seed, Breakage.None))
        {
            Ended = report =>
            {
                if (!report.IsClean)
                    violated.Add(report);
                return report.IsClean;
            },
        };

        batch.Execute();

        Assert.True(violated.Count == 0, string.Join('\n', violated));
        output.WriteLine($"{seeds} seeds from {first}: {batch.Figures}");
        if (seeds >= SeedsToCount)
            AssertThatMuchHappened((long)seeds, batch.Figures);
    }

    /// <summary>A simulation in which nothing goes wrong would find nothing.</summary>
    private static void AssertThatMuchHappened(long seeds, RunFigures figures)
    {
        Assert.True(figures.Acknowledged > 50 * seeds, figures.ToString());
        Assert.True(figures.Read > 20 * seeds, figures.ToString());
        Assert.True(figures.Unknown > seeds, figures.ToString());
        Assert.True(figures.Failed > seeds, figures.ToString());
        Assert.True(figures.Seals > 2 * seeds, figures.ToString());
        Assert.True(figures.BlockLimits > seeds / 2, figures.ToString());
        Assert.True(figures.Rewrites > 2 * seeds, figures.ToString());
        Assert.True(figures.Advances > 2 * seeds, figures.ToString());
        Assert.True(figures.Removals > 4 * seeds, figures.ToString());
        Assert.True(figures.Sweeps > 4 * seeds, figures.ToString());
        Assert.True(figures.Ticks > 40 * seeds, figures.ToString());
        Assert.True(figures.TimeLookups > 2 * seeds, figures.ToString());
        Assert.True(figures.Starts > (Scenario.Instances + 1) * seeds, figures.ToString());
        Assert.True(figures.VirtualTime > TimeSpan.FromDays(9) * seeds, figures.ToString());
    }

    private static ulong? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : null;
}
