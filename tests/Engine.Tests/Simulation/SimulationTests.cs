using System.Globalization;
using ManagedLog.Simulation;
using ManagedLog.Simulation.Workload;
using Xunit.Abstractions;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>
/// The real engine, four instances, under every fault that the simulation knows: I1–I6, I9–I12, I20, I23 and, as there is no lease at all, I25.
/// More of it by one command: dotnet run --project tests/Simulation -c Release -- --seeds 20000
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const ulong DefaultSeeds = 200;

    [Fact]
    public void Seeds_UnderAllFaults_ViolateNothing()
    {
        var first = Setting("MANAGEDLOG_SIM_FIRST") ?? 1;
        var seeds = Setting("MANAGEDLOG_SIM_SEEDS") ?? DefaultSeeds;
        var figures = default(RunFigures);
        for (var seed = first; seed < first + seeds; seed++)
        {
            var report = SimulationRun.Execute(seed, Breakage.None);
            Assert.True(report.IsClean, report.ToString());
            figures += report.Figures;
        }

        output.WriteLine($"{seeds} seeds from {first}: {figures}");
        if (seeds >= DefaultSeeds)
            AssertThatMuchHappened((long)seeds, figures);
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
        Assert.True(figures.Starts > (Scenario.Instances + 1) * seeds, figures.ToString());
    }

    private static ulong? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : null;
}
