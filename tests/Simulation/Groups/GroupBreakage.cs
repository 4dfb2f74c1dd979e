using ManagedLog.Engine.Groups;

namespace ManagedLog.Simulation.Groups;

/// <summary>One rule of the group protocol that is left out on purpose, to show that the simulation notices.</summary>
/// <param name="Symptom">The invariant that is then seen broken, sooner or later.</param>
internal sealed record GroupBreakage(string Name, string Symptom, GroupRules Rules)
{
    public static GroupBreakage None { get; } = new("none", "", GroupRules.All);

    public static IReadOnlyList<GroupBreakage> All { get; } =
    [
        new("claim-by-target", "I16", new GroupRules { ClaimByInsert = false }),
        new("commit-unfenced", "I15", new GroupRules { FenceCommits = false }),
        new("take-early", "I16", new GroupRules { TakeOnlyFromTheGone = false }),
        new("release-unfenced", "I16", new GroupRules { FenceReleases = false }),
        new("epoch-reused", "I16", new GroupRules { NewEpochs = false }),
        new("commit-sequence", "I15", new GroupRules { OrderCommits = false }),
        new("R14", "R14", new GroupRules { LookAtEnds = false }),
        new("R14-unchecked", "R14", new GroupRules { CheckEnds = false }),
    ];

    /// <summary>Null: there is no such rule.</summary>
    public static GroupBreakage? Find(string name) => All.FirstOrDefault(breakage => breakage.Name == name);
}
