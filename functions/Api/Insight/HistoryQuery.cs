using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ManagedLog.Engine.Insight;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.V3;

namespace ManagedLog.Functions.Api.Insight;

/// <summary>
/// Reads <c>from</c>, <c>to</c> (milliseconds since 1970 or ISO 8601) and <c>step</c> (milliseconds): the last hour in steps that a chart can show, unless said
/// otherwise. Times are moved outward to whole steps.
/// </summary>
internal static class HistoryQuery
{
    private const long Minute = 60_000;
    private const long DefaultPoints = 300;

    public static bool TryRead(IQueryCollection query, long now, [NotNullWhen(true)] out HistoryRequest? request, [NotNullWhen(false)] out ApiError? error)
    {
        request = null;
        error = null;
        var step = 0L;
        var to = now;
        if (!TryReadTime(query["to"].ToString(), ref to))
            error = FormErrors.BadParameter("to is milliseconds since 1970 or ISO 8601 (2026-01-31T12:00:00Z).");
        var from = Math.Max(0, to - (60 * Minute));
        if (error is null && !TryReadTime(query["from"].ToString(), ref from))
            error = FormErrors.BadParameter("from is milliseconds since 1970 or ISO 8601 (2026-01-31T12:00:00Z).");
        else if (error is null && from >= to)
            error = FormErrors.BadParameter("from must be before to.");
        else if (query["step"].ToString() is { Length: > 0 } text && (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out step) || step < 1))
            error = FormErrors.BadParameter("step is a number of milliseconds from 1 on.");
        if (error is not null)
            return false;
        step = step > 0 ? step : Up(Math.Max(Minute, (to - from) / DefaultPoints), Minute);
        request = new HistoryRequest(from / step * step, Up(to, step), step);
        if ((request.To - request.From) / step <= HistoryRequest.MaxPoints)
            return true;
        error = FormErrors.BadParameter($"That would be more than {HistoryRequest.MaxPoints} steps; ask for longer steps or a shorter time.");
        return false;
    }

    private static bool TryReadTime(string text, ref long time) => text.Length == 0 || (Timestamps.TryParse(text, out time) && time < long.MaxValue / 2);

    private static long Up(long number, long unit) => (number + unit - 1) / unit * unit;
}
