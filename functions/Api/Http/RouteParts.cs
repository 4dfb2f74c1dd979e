using System.Globalization;

namespace ManagedLog.Functions.Api.Http;

/// <summary>What stands in the path.</summary>
internal static class RouteParts
{
    public static string Get(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    /// <summary>Digits only, without a sign, of a partition that exists.</summary>
    public static bool TryPartition(string text, int partitions, out int partition) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out partition) && partition < partitions;
}
