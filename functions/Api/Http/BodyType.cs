using System.Diagnostics.CodeAnalysis;
using System.Text;
using ManagedLog.Functions.Api.Errors;
using Microsoft.Net.Http.Headers;

namespace ManagedLog.Functions.Api.Http;

/// <summary>What the headers say of a request's body.</summary>
/// <param name="MediaType">Lower case, without parameters.</param>
/// <param name="IsLatin1">In ISO-8859-1 and not in UTF-8.</param>
internal readonly record struct BodyType(string MediaType, bool IsLatin1)
{
    /// <summary>Refuses what is not one of <paramref name="supported"/>, an encoded body, and a charset that is neither UTF-8 nor ISO-8859-1.</summary>
    public static bool TryRead(HttpRequest request, IReadOnlyList<string> supported, out BodyType type, [NotNullWhen(false)] out ApiError? error)
    {
        type = default;
        error = null;
        var encoding = request.Headers.ContentEncoding.ToString();
        if (encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            error = FormErrors.UnsupportedEncoding(encoding);
        else if (request.ContentType is { } plain && supported.Contains(plain))
            type = new BodyType(plain, IsLatin1: false);
        else if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var parsed) || !IsSupported(parsed, supported, out type))
            error = FormErrors.UnsupportedMediaType(request.ContentType, string.Join(" or ", supported));
        else if (parsed.Charset.HasValue)
            error = ReadCharset(parsed, ref type);
        return error is null;
    }

    private static bool IsSupported(MediaTypeHeaderValue parsed, IReadOnlyList<string> supported, out BodyType type)
    {
        type = default;
        foreach (var candidate in supported)
        {
            if (parsed.MediaType.Equals(candidate, StringComparison.OrdinalIgnoreCase))
                type = new BodyType(candidate, IsLatin1: false);
        }

        return type.MediaType is not null;
    }

    private static ApiError? ReadCharset(MediaTypeHeaderValue parsed, ref BodyType type)
    {
        var charset = HeaderUtilities.RemoveQuotes(parsed.Charset).ToString();
        if (charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || charset.Equals("utf8", StringComparison.OrdinalIgnoreCase)
            || charset.Equals("us-ascii", StringComparison.OrdinalIgnoreCase))
            return null;
        if (!charset.Equals(Encoding.Latin1.WebName, StringComparison.OrdinalIgnoreCase))
            return FormErrors.UnsupportedCharset(charset);
        type = type with { IsLatin1 = true };
        return null;
    }
}
