using ManagedLog.Simulation;
using ManagedLog.Simulation.Workload;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>
/// Each rule of the protocol is left out once, and the simulation must see what clients would, or storage shows: else its silence on the whole protocol proves
/// nothing.
/// </summary>
/// <remarks>
/// R5 is left out in SegmentRewriterTests and CompactionSourceTests: it guards against a source that reads short, which a storage that keeps its word never gives, and with one that does not a
/// run would be violated either way. R1 and R16 are left out there and in OrphanTests and CompactionRaceTests too, at the very call. R13 and R15 are about replicas, of which there is one.
/// </remarks>
public sealed class BrokenRuleTests
{
    private const ulong MostSeeds = 600;

    public static TheoryData<string> Rules => [.. Breakage.All.Select(b => b.Name)];

    [Theory]
    [MemberData(nameof(Rules))]
    public void Simulation_WithoutTheRule_SeesItsSymptom(string rule)
    {
        var breakage = Breakage.Find(rule)!;
        var isSeen = breakage.Kept is { } kept && SimulationRun.Execute(kept, breakage).Shows(breakage.Symptom);
        if (isSeen)
            return;
        var batch = new SimulationBatch<RunFigures>(1, MostSeeds, seed => SimulationRun.Execute(seed, breakage)) { Ended = report => !(isSeen |= report.Shows(breakage.Symptom)) };

        batch.Execute();

        Assert.True(isSeen, $"{MostSeeds} seeds without the rule {rule} show no violation of {breakage.Symptom}.");
    }
}
