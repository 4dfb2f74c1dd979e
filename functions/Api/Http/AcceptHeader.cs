using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace ManagedLog.Functions.Api.Http;

/// <summary>Chooses the type of an answer by an Accept header (RFC 9110, 12.5.1): the highest weight wins, then the order in which the client wrote them.</summary>
internal static class AcceptHeader
{
    /// <summary>
    /// The first of the <paramref name="supported"/> that the client takes, in the client's order; null when there is none.
    /// The first supported one is the default: for no header at all, and for <c>*/*</c> and <c>application/*</c>.
    /// </summary>
    public static string? Choose(StringValues accept, IReadOnlyList<string> supported)
    {
        string? best = null;
        var bestWeight = 0.0;
        var any = false;
        foreach (var line in accept)
        {
            foreach (var range in (line ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                any = true;
                var match = Match(range.AsSpan(), supported, out var weight);
                if (match is not null && weight > bestWeight)
                    (best, bestWeight) = (match, weight);
            }
        }

        return any ? best : supported[0];
    }

    private static string? Match(ReadOnlySpan<char> range, IReadOnlyList<string> supported, out double weight)
    {
        weight = 1;
        var end = range.IndexOf(';');
        var type = end < 0 ? range : range[..end].TrimEnd();
        if (end >= 0)
            weight = Weight(range[(end + 1)..]);
        if (type.SequenceEqual("*/*") || type.Equals("application/*", StringComparison.OrdinalIgnoreCase))
            return supported[0];
        foreach (var candidate in supported)
        {
            if (type.Equals(candidate, StringComparison.OrdinalIgnoreCase))
                return candidate;
        }

        return null;
    }

    private static double Weight(ReadOnlySpan<char> parameters)
    {
        foreach (var part in parameters.Split(';'))
        {
            var parameter = parameters[part].Trim();
            if (parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase))
                return double.TryParse(parameter[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight) ? weight : 0;
        }

        return 1;
    }
}
