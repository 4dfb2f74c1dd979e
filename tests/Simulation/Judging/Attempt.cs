namespace ManagedLog.Simulation.Judging;

internal enum AttemptStatus
{
    /// <summary>Not answered yet; at the end of a run the same as <see cref="Unknown"/>.</summary>
    Pending = 0,

    /// <summary>Answered with an offset.</summary>
    Acknowledged,

    /// <summary>Answered that it was not done.</summary>
    Failed,

    /// <summary>Nobody can tell.</summary>
    Unknown,
}

/// <summary>One batch that was sent once, as its sender saw it.</summary>
internal sealed class Attempt(long number, LogKey log, ContentKey content, int records, long startedAt)
{
    public long Number { get; } = number;

    public LogKey Log { get; } = log;

    public ContentKey Content { get; } = content;

    public int Records { get; } = records;

    /// <summary>Virtual ticks.</summary>
    public long StartedAt { get; } = startedAt;

    /// <summary>Virtual ticks; the largest number until it was answered.</summary>
    public long EndedAt { get; private set; } = long.MaxValue;

    public AttemptStatus Status { get; private set; }

    /// <summary>Of its first record; −1 unless acknowledged.</summary>
    public long Offset { get; private set; } = -1;

    public void Acknowledge(long offset, long now) => End(AttemptStatus.Acknowledged, offset, now);

    public void Fail(long now) => End(AttemptStatus.Failed, -1, now);

    public void LeaveUnknown(long now) => End(AttemptStatus.Unknown, -1, now);

    public override string ToString() => $"attempt {Number} ({Content}, {Records} records, {Status}{(Offset >= 0 ? $" at {Offset}" : "")})";

    private void End(AttemptStatus status, long offset, long now)
    {
        Status = status;
        Offset = offset;
        EndedAt = now;
    }
}
