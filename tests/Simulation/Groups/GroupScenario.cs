using System.Globalization;
using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Simulation.Faults;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Groups;

/// <summary>Everything that a seed decides before a run of groups begins.</summary>
internal sealed record GroupScenario
{
    public const int Instances = 3;

    public required Climate Climate { get; init; }

    public required EngineOptions Engine { get; init; }

    public required InMemoryBackendOptions Storage { get; init; }

    public required int Members { get; init; }

    /// <summary>Of each member.</summary>
    public required int Rounds { get; init; }

    public required TimeSpan SessionTimeout { get; init; }

    public required string? Assignor { get; init; }

    /// <summary>Of the topics whose names begin with "orders".</summary>
    public required int Topics { get; init; }

    public required int Partitions { get; init; }

    /// <summary>Crashes, pauses and clock jumps of instances.</summary>
    public required int Disturbances { get; init; }

    /// <summary>What somebody does to topics and the whole group: grow, delete, create again, reset, forget.</summary>
    public required int Interventions { get; init; }

    public required double DeathAtCall { get; init; }

    /// <summary>Every instance believes that it holds the lease of the housekeeping (I25).</summary>
    public required bool LeasesLie { get; init; }

    public static GroupScenario Draw(SeededRandom random) => new()
    {
        Climate = Climate.Draw(random),
        Engine = new EngineOptions
        {
            GroupTopicsMaxAge = TimeSpan.FromSeconds(random.Pick([1, 5, 30])),
            ReadCacheBytes = 64 * 1024,
        },
        Storage = new InMemoryBackendOptions { MaxRowsPerPage = random.Pick([1, 3, 1000]) },
        Members = random.Between(2, 5),
        Rounds = random.Between(8, 25),
        SessionTimeout = TimeSpan.FromSeconds(random.Pick([3, 6, 10, 45])),
        Assignor = random.Pick<string?>([null, null, AssignorNames.Sticky, AssignorNames.Range, AssignorNames.RoundRobin]),
        Topics = random.Between(1, 2),
        Partitions = random.Between(1, 4),
        Disturbances = random.Pick([0, 2, 5]),
        Interventions = random.Pick([0, 2, 6]),
        DeathAtCall = random.Pick([0, 0.001, 0.005]),
        LeasesLie = random.Chance(0.5),
    };

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Members} members, {Rounds} rounds, sessions of {SessionTimeout}, {Assignor ?? "any"}, {Topics}×{Partitions} partitions, {Climate}, {Disturbances} disturbances, {Interventions} interventions, "
        + $"death {DeathAtCall}, leases {(LeasesLie ? "lie" : "hold")}, pages of {Storage.MaxRowsPerPage}");
}
