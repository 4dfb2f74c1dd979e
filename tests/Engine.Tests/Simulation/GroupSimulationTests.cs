using ManagedLog.Simulation;
using ManagedLog.Simulation.Groups;
using Xunit.Abstractions;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>
/// Consumer groups of the real engine under every fault that the simulation knows: I5, I13, I15, I16, I20, I22, R14 and, in half of the runs with leases that lie, I25.
/// More of it by one command: dotnet run --project tests/Simulation -c Release -- --groups --seeds 20000
/// </summary>
public sealed class GroupSimulationTests(ITestOutputHelper output)
{
    private const ulong Seeds = 200;

    /// <summary>The rarest symptom shows in one run of twenty or so.</summary>
    private const ulong MostSeeds = 300;

    public static TheoryData<string> Rules => [.. GroupBreakage.All.Select(breakage => breakage.Name)];

    [Fact]
    public void Seeds_UnderAllFaults_ViolateNothing()
    {
        var violated = new List<RunReport<GroupRunFigures>>();
        var batch = new SimulationBatch<GroupRunFigures>(1, Seeds, seed => GroupRun.Execute(seed, GroupBreakage.None))
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
        var figures = batch.Figures;
        output.WriteLine($"{Seeds} seeds: {figures}");

        // A simulation in which nothing goes wrong would find nothing.
        const long seeds = (long)Seeds;
        Assert.True(figures.Joins > 8 * seeds, figures.ToString());
        Assert.True(figures.Commits > 8 * seeds, figures.ToString());
        Assert.True(figures.Refused > 2 * seeds, figures.ToString());
        Assert.True(figures.Unknown > seeds / 2, figures.ToString());
        Assert.True(figures.Effective > 20 * seeds, figures.ToString());
        Assert.True(figures.Generations > 15 * seeds, figures.ToString());
        Assert.True(figures.TakenOver > 10 * seeds, figures.ToString());
        Assert.True(figures.Gone > 6 * seeds, figures.ToString());
        Assert.True(figures.Resets > seeds / 4, figures.ToString());
        Assert.True(figures.Deletions > seeds, figures.ToString());
        Assert.True(figures.Starts > (GroupScenario.Instances + 1) * seeds, figures.ToString());
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Simulation_WithoutTheRule_SeesItsSymptom(string rule)
    {
        var breakage = GroupBreakage.Find(rule)!;
        var isSeen = false;
        var batch = new SimulationBatch<GroupRunFigures>(1, MostSeeds, seed => GroupRun.Execute(seed, breakage)) { Ended = report => !(isSeen |= report.Shows(breakage.Symptom)) };

        batch.Execute();

        Assert.True(isSeen, $"{MostSeeds} seeds without the rule {rule} show no violation of {breakage.Symptom}.");
    }

    /// <summary>One seed is one run (I21).</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Run_OfOneSeedTwice_LeavesTheSameTrace(ulong seed)
    {
        var first = GroupRun.Execute(seed, GroupBreakage.None, keepTrace: true);
        var second = GroupRun.Execute(seed, GroupBreakage.None, keepTrace: true);

        Assert.True(first.Trace.Count > 500);
        Assert.Equal(first.Trace.Lines, second.Trace.Lines);
    }
}
