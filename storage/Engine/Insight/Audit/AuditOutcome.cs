namespace ManagedLog.Engine.Insight;

/// <summary>What became of a change that somebody asked for.</summary>
public enum AuditOutcome
{
    /// <summary>It is about to be tried. What follows under the same id tells the rest; where nothing follows, nobody knows.</summary>
    Begun = 0,

    /// <summary>It was made.</summary>
    Done,

    /// <summary>It was not made; nothing was changed.</summary>
    Refused,

    /// <summary>Storage did not say; it may have been made.</summary>
    Unknown,

    /// <summary>It was not tried, because whoever asked may not.</summary>
    Denied,
}
