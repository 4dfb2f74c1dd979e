namespace ManagedLog.Engine;

/// <summary>What one tick of the housekeeping did.</summary>
/// <param name="IsElected">False: another instance does it, and nothing else here counts.</param>
/// <param name="Due">Partitions for which something was due, of those that one tick takes.</param>
/// <param name="Done">Of these, how many were looked after to the end.</param>
/// <param name="Failed">Of these, how many could not be, and are tried again in some minutes.</param>
/// <param name="IsMore">There was more than one tick takes; the next goes on.</param>
/// <param name="TopicsFreed">Deleted topics of which nothing is left.</param>
public sealed record HousekeepingSummary(bool IsElected, int Due, int Done, int Failed, bool IsMore, int TopicsFreed)
{
    /// <summary>Consumer groups that were looked after.</summary>
    public int Groups { get; init; }

    public static HousekeepingSummary NotElected { get; } = new(false, 0, 0, 0, false, 0);

    public override string ToString() => !IsElected
        ? "another instance does it"
        : $"{Due} partitions due, {Done} done, {Failed} to be tried again, {TopicsFreed} deleted topics freed{(Groups > 0 ? $", {Groups} groups looked after" : "")}{(IsMore ? ", more is waiting" : "")}";
}
