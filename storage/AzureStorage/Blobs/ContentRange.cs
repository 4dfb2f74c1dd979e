using System.Globalization;

namespace ManagedLog.AzureStorage.Blobs;

/// <summary>Reads the total of a Content-Range header: <c>bytes 0-9/100</c>, or <c>bytes */100</c> of a range beyond the end.</summary>
internal static class ContentRange
{
    public static bool TryGetTotal(string? header, out long total)
    {
        total = 0;
        var slash = header?.LastIndexOf('/') ?? -1;
        return slash >= 0 && long.TryParse(header.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out total);
    }
}
