using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Simulation.Workload;

/// <summary>One rule of the protocol that is left out on purpose, to show that the simulation notices.</summary>
/// <param name="Symptom">The invariant that is then seen broken, sooner or later.</param>
internal sealed record Breakage(string Name, string Symptom, ProtocolRules Rules)
{
    public static Breakage None { get; } = new("none", "", ProtocolRules.All);

    public static IReadOnlyList<Breakage> All { get; } =
    [
        new("no-position", "I4", ProtocolRules.All) { Account = (account, _) => new PositionBlindBackend(account) },
        new("no-seal", "I4", new ProtocolRules { SealBeforeChain = false }),
        new("blind-retry", "I6", new ProtocolRules { SettleByReading = false }),
        new("R1", "I11", new ProtocolRules { ReplaceHeadWithChain = false }) { Kept = 9 },
        new("R2", "I20", new ProtocolRules { SkipEmptySegments = false }),
        new("R3", "I11", new ProtocolRules { HeadBeforeChain = false }),
        new("R4", "I9", ProtocolRules.All)
        {
            Kept = 5,
            Account = (account, world) => new ForgetfulTablesBackend(account, world.Loop.Time, world.Scenario.Storage, world.Random.Fork()),
        },
        new("R6", "I6", new ProtocolRules { StampIdentity = false }),
        new("R7", "I6", new ProtocolRules { TrustChainedEnd = false }),
        new("R8", "I11", new ProtocolRules { MatchCheckpoints = false }),
        new("R9", "I20", new ProtocolRules { FinishReconfiguration = false }),
        new("R10", "I13", new ProtocolRules { RereadHead = false }) { Kept = 10 },
        new("R11", "I4", new ProtocolRules { SealAtFrameBoundary = false }),
        new("compact-beyond-the-map", "I14", new ProtocolRules { JudgeBelowMapEnd = false }),
        new("tombstones-early", "I14", new ProtocolRules { KeepTombstones = false }),
        new("R12", "I20", new ProtocolRules { BlockLimitIsSeal = false }),
        new("R14", "R14", new ProtocolRules { LookBeforeRefusing = false }),
        new("R16", "I11", new ProtocolRules { FenceOrphans = false }) { Kept = 321 },
        new("R16-compaction", "I11", new ProtocolRules { FenceCompaction = false }) { Kept = 333 },
    ];

    /// <summary>A seed that shows it, where few do: tried first. Null: nearly every seed does.</summary>
    public ulong? Kept { get; init; }

    /// <summary>What stands between all instances and the storage account.</summary>
    public Func<IStorageBackend, World, IStorageBackend> Account { get; init; } = (account, _) => account;

    /// <summary>Null: there is no such rule.</summary>
    public static Breakage? Find(string name) => All.FirstOrDefault(b => b.Name == name);
}
