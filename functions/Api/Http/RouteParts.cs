using System.Globalization;

namespace ManagedLog.Functions.Api.Http;

/// <summary>What stands in the path.</summary>
internal static class RouteParts
{
    public static string Get(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    /// <summary>Digits only, without a sign; otherwise −1. Whether there is such a partition is another question.</summary>
    public static bool TryPartition(string text, out int partition)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out partition))
            return true;
        partition = -1;
        return false;
    }
}
