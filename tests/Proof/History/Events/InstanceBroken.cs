namespace ManagedLog.Proof.History.Events;

/// <summary>An instance logged what must not be: a violated invariant, a damaged object.</summary>
internal sealed record InstanceBroken(long At, int Instance, string Line) : HistoryEvent(At)
{
    private static readonly string[] s_sentences = ["is stopped.", "cannot be read:", "is damaged", "met what must not be", "does not say so", "Housekeeping failed"];

    public static bool IsSaidBy(string line) => s_sentences.Any(sentence => line.Contains(sentence, StringComparison.Ordinal));
}
