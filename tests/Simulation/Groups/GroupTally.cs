namespace ManagedLog.Simulation.Groups;

/// <summary>Counts what happens.</summary>
internal sealed class GroupTally
{
    public long Joins { get; set; }

    public long Commits { get; set; }

    public long Refused { get; set; }

    public long Unknown { get; set; }

    public long Effective { get; set; }

    public long Generations { get; set; }

    public long TakenOver { get; set; }

    public long Gone { get; set; }

    public long Resets { get; set; }

    public long Deletions { get; set; }
}
