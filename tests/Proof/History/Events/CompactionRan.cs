using System.Globalization;
using System.Text.RegularExpressions;

namespace ManagedLog.Proof.History.Events;

/// <summary>An instance logged that it has compacted a partition.</summary>
/// <param name="Records">How many records it took away.</param>
/// <param name="Objects">How many segments it made.</param>
internal sealed partial record CompactionRan(long At, int Instance, long Records, int Objects) : HistoryEvent(At)
{
    /// <summary>Null: the line says something else.</summary>
    public static CompactionRan? Of(long at, int instance, string line) => Sentence().Match(line) is { Success: true } match
        ? new CompactionRan(
            at, instance, long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture), int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture))
        : null;

    [GeneratedRegex(@"Compaction of partition \S+ took (\d+) records away, in (\d+) new objects")]
    private static partial Regex Sentence();
}
