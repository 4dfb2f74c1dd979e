namespace ManagedLog.Engine.Insight;

/// <summary>How much of a report belongs to a part of its time. Pure.</summary>
internal static class ActivityShare
{
    /// <summary>
    /// What falls between two times (the second is exclusive) if it was done evenly. Of parts that cover a report's time without overlap the shares add up to the report,
    /// to the unit. A report of no length
    /// belongs to the part that holds its time.
    /// </summary>
    public static ActivityAmounts Between(ActivityReport report, long from, long to)
    {
        if (report.From == report.To)
            return report.To >= from && report.To < to ? report.Amounts : default;
        var begin = Math.Clamp(from, report.From, report.To);
        var end = Math.Clamp(to, report.From, report.To);
        if (begin >= end)
            return default;
        return report.Amounts.Select(total => UpTo(total, end) - UpTo(total, begin));

        long UpTo(long total, long time) => (long)((Int128)total * (time - report.From) / (report.To - report.From));
    }
}
