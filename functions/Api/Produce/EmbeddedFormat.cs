using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Api.Produce;

/// <summary>What keys and values are inside the JSON of a request or an answer.</summary>
internal enum EmbeddedFormat
{
    /// <summary>Base64 strings: any bytes.</summary>
    Binary = 0,

    /// <summary>Any JSON value, stored in its compact form.</summary>
    Json,

    /// <summary>Strings, stored as their UTF-8.</summary>
    Text,
}

internal static class EmbeddedFormats
{
    public static string MediaType(this EmbeddedFormat format) => format switch
    {
        EmbeddedFormat.Binary => MediaTypes.BinaryV2,
        EmbeddedFormat.Json => MediaTypes.JsonV2,
        EmbeddedFormat.Text => MediaTypes.TextV2,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No such format."),
    };

    /// <summary>By the name that the query parameter <c>format</c> has.</summary>
    public static bool TryParse(string? name, out EmbeddedFormat format) => Enum.TryParse(name, ignoreCase: true, out format) && Enum.IsDefined(format) && !int.TryParse(name, out _);
}
