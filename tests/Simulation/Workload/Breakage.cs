using ManagedLog.Engine.Log;

namespace ManagedLog.Simulation.Workload;

/// <summary>One rule of the protocol that is left out on purpose, to show that the simulation notices.</summary>
/// <param name="Symptom">The invariant that clients then see broken, sooner or later.</param>
internal sealed record Breakage(string Name, string Symptom, ProtocolRules Rules, bool IgnoresPositions = false)
{
    public static Breakage None { get; } = new("none", "", ProtocolRules.All);

    public static IReadOnlyList<Breakage> All { get; } =
    [
        new("no-position", "I4", ProtocolRules.All, IgnoresPositions: true),
        new("no-seal", "I4", new ProtocolRules { SealBeforeChain = false }),
        new("blind-retry", "I6", new ProtocolRules { SettleByReading = false }),
        new("empty-chained", "I20", new ProtocolRules { SkipEmptySegments = false }),
        new("R6", "I6", new ProtocolRules { StampIdentity = false }),
        new("R9", "I20", new ProtocolRules { FinishReconfiguration = false }),
        new("R11", "I4", new ProtocolRules { SealAtFrameBoundary = false }),
        new("compact-beyond-the-map", "I14", new ProtocolRules { JudgeBelowMapEnd = false }),
        new("tombstones-early", "I14", new ProtocolRules { KeepTombstones = false }),
        new("R12", "I20", new ProtocolRules { BlockLimitIsSeal = false }),
    ];

    /// <summary>Null: there is no such rule.</summary>
    public static Breakage? Find(string name) => All.FirstOrDefault(b => b.Name == name);
}
