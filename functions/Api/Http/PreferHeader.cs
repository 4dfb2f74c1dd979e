using Microsoft.Extensions.Primitives;

namespace ManagedLog.Functions.Api.Http;

/// <summary>Reads <c>Prefer</c> (RFC 7240).</summary>
internal static class PreferHeader
{
    /// <summary>For a single streamed record: its report's code as the status of the answer.</summary>
    public const string HttpStatus = "http-status";

    public static bool Asks(HttpRequest request, string preference)
    {
        foreach (var line in (StringValues)request.Headers["Prefer"])
        {
            foreach (var part in (line ?? "").Split(','))
            {
                if (part.Split(';')[0].Trim().Equals(preference, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }

        return false;
    }
}
