using ManagedLog.Engine.Log;

namespace ManagedLog.Simulation.Workload;

/// <summary>One rule of the protocol that is left out on purpose, to show that the simulation notices.</summary>
internal sealed record Breakage(string Name, ProtocolRules Rules, bool IgnoresPositions = false)
{
    public static Breakage None { get; } = new("none", ProtocolRules.All);

    public static IReadOnlyList<Breakage> All { get; } =
    [
        new("no-position", ProtocolRules.All, IgnoresPositions: true),
        new("no-seal", new ProtocolRules { SealBeforeChain = false }),
        new("blind-retry", new ProtocolRules { SettleByReading = false }),
        new("empty-chained", new ProtocolRules { SkipEmptySegments = false }),
        new("R6", new ProtocolRules { StampIdentity = false }),
        new("R9", new ProtocolRules { FinishReconfiguration = false }),
        new("R11", new ProtocolRules { SealAtFrameBoundary = false }),
        new("R12", new ProtocolRules { BlockLimitIsSeal = false }),
    ];

    /// <summary>Null: there is no such rule.</summary>
    public static Breakage? Find(string name) => All.FirstOrDefault(b => b.Name == name);
}
