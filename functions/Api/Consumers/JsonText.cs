using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>Values as clients write them, who disagree about quotes.</summary>
internal static class JsonText
{
    /// <summary>False for no string, and for one that is no valid Unicode (half of a surrogate pair).</summary>
    public static bool TryGet(JsonElement value, [NotNullWhen(true)] out string? text)
    {
        text = null;
        try
        {
            text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // What a lone surrogate's escape makes of it.
        }

        return text is not null;
    }

    /// <summary>A whole number, also in quotes.</summary>
    public static bool TryGetInteger(JsonElement value, out long number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number
            ? value.TryGetInt64(out number)
            : TryGet(value, out var text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>True or false, also in quotes, in any case.</summary>
    public static bool TryGetTruth(JsonElement value, out bool truth)
    {
        truth = value.ValueKind == JsonValueKind.True;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False || (TryGet(value, out var text) && bool.TryParse(text, out truth));
    }
}
