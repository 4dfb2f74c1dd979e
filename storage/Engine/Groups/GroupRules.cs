namespace ManagedLog.Engine.Groups;

/// <summary>
/// The rules of the group protocol that can be left out, one by one, to show that the simulation notices. Production code never sets one to false.
/// </summary>
internal sealed record GroupRules
{
    public static GroupRules All { get; } = new();

    /// <summary>A free partition is claimed by inserting its owner row. Left out: who is to have it takes it, whoever has it.</summary>
    public bool ClaimByInsert { get; init; } = true;

    /// <summary>A commit replaces the member's row in the same transaction. Left out: it writes the offsets alone.</summary>
    public bool FenceCommits { get; init; } = true;

    /// <summary>The owner row of another member is taken only when its member row is gone. Left out: as soon as it is to have it no more.</summary>
    public bool TakeOnlyFromTheGone { get; init; } = true;

    /// <summary>Giving a partition up replaces the member's row in the same transaction. Left out: the owner row is deleted alone, whoever it names by then.</summary>
    public bool FenceReleases { get; init; } = true;

    /// <summary>A member that comes back does so under an epoch that nobody had. Left out: under its old one.</summary>
    public bool NewEpochs { get; init; } = true;

    /// <summary>A commit that was held up does not take effect after a newer one.</summary>
    public bool OrderCommits { get; init; } = true;

    /// <summary>An offset beyond the end is refused. Left out: anything is taken.</summary>
    public bool CheckEnds { get; init; } = true;

    /// <summary>R14: what lies beyond the end that an instance knows is looked at again before it is refused. Left out: it is refused by what the instance knows.</summary>
    public bool LookAtEnds { get; init; } = true;
}
