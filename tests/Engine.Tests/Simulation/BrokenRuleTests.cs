using ManagedLog.Simulation;
using ManagedLog.Simulation.Workload;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>
/// Each rule of the protocol is left out once, and the simulation must see what clients would: else its silence on the whole protocol proves nothing.
/// </summary>
public sealed class BrokenRuleTests
{
    private const ulong MostSeeds = 300;

    public static TheoryData<string> Rules => [.. Breakage.All.Select(b => b.Name)];

    [Theory]
    [MemberData(nameof(Rules))]
    public void Simulation_WithoutTheRule_SeesItsSymptom(string rule)
    {
        var breakage = Breakage.Find(rule)!;
        for (var seed = 1UL; seed <= MostSeeds; seed++)
        {
            if (SimulationRun.Execute(seed, breakage).Violations.Any(v => v.Invariant == breakage.Symptom))
                return;
        }

        Assert.Fail($"{MostSeeds} seeds without the rule {rule} show no violation of {breakage.Symptom}.");
    }
}
