using System.Globalization;
using System.Text.Json;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Times as v3 writes them: ISO 8601 with milliseconds, in UTC.</summary>
internal static class Timestamps
{
    /// <summary>Milliseconds since 1970, not negative; the reader stands on the value. A time without an offset is taken as UTC.</summary>
    public static bool TryRead(ref Utf8JsonReader reader, out long timestamp)
    {
        timestamp = -1;
        if (reader.TokenType != JsonTokenType.String || !reader.TryGetDateTime(out var time))
            return false;
        var utc = time.Kind == DateTimeKind.Unspecified ? DateTime.SpecifyKind(time, DateTimeKind.Utc) : time.ToUniversalTime();
        timestamp = new DateTimeOffset(utc).ToUnixTimeMilliseconds();
        return timestamp >= 0;
    }

    /// <summary>From a query: milliseconds since 1970, or ISO 8601 (without an offset: UTC). Not negative.</summary>
    public static bool TryParse(string text, out long timestamp)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out timestamp))
            return true;
        timestamp = -1;
        // A plus sign of an offset arrives as a blank where it was not escaped.
        if (!DateTimeOffset.TryParse(text.Replace(' ', '+'), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return false;
        timestamp = time.ToUnixTimeMilliseconds();
        return timestamp >= 0;
    }

    /// <summary>What no calendar reaches stays the number that it is.</summary>
    public static string ToText(long timestamp) =>
        timestamp is >= 0 and <= 253_402_300_799_999
            ? DateTimeOffset.FromUnixTimeMilliseconds(timestamp).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
            : timestamp.ToString(CultureInfo.InvariantCulture);
}
