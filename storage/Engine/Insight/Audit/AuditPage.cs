namespace ManagedLog.Engine.Insight;

/// <summary>What is wanted of the audit; null: whatever it is.</summary>
/// <param name="Before">Only what stands before this offset: where the page before ended.</param>
/// <param name="From">Ms since 1970, inclusive.</param>
/// <param name="To">Exclusive.</param>
/// <param name="Action">An action, or the beginning of actions and <c>*</c>.</param>
public sealed record AuditQuery(int Size, long? Before = null, long? From = null, long? To = null, string? Principal = null, string? Action = null, string? Resource = null)
{
    public bool Wants(AuditRecord record) =>
        (From is not { } from || record.Time >= from)
        && (To is not { } to || record.Time < to)
        && (Principal is null || record.Principal == Principal)
        && (Resource is null || record.Resource == Resource)
        && (Action is null || (Action.EndsWith('*') ? record.Action.StartsWith(Action[..^1], StringComparison.Ordinal) : record.Action == Action));
}

/// <summary>Records of the audit with their offsets, newest first.</summary>
/// <param name="Next">Where the next page begins; null: there is nothing more. A page may have fewer records than were asked for, or none, and yet a next one.</param>
public sealed record AuditPage(IReadOnlyList<(long Offset, AuditRecord Record)> Records, long? Next);
