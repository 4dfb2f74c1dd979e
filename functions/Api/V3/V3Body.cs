using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Reads the small JSON bodies of v3's administration calls.</summary>
internal static class V3Body
{
    /// <summary>Far beyond any such body, so that nobody fills memory with one.</summary>
    private const int MaxBytes = 1024 * 1024;

    public static async ValueTask<(T? Body, ApiError? Error)> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : StrictBody
    {
        if (!BodyType.TryRead(context.Request, MediaTypes.V3Answers, out var bodyType, out var error))
            return (null, error);
        if (bodyType.IsLatin1)
            return (null, FormErrors.UnsupportedCharset("ISO-8859-1"));
        using var body = await RequestBody.ReadAsync(context.Request, MaxBytes, context.RequestAborted);
        if (body is null)
            return (null, FormErrors.BodyTooLarge(MaxBytes));
        return TryParse(body.Bytes.Span, type, out var parsed, out error) ? (parsed, null) : (null, error);
    }

    private static bool TryParse<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type, [NotNullWhen(true)] out T? parsed, [NotNullWhen(false)] out ApiError? error)
        where T : StrictBody
    {
        parsed = null;
        error = null;
        try
        {
            if (bytes.Trim(" \t\r\n"u8).IsEmpty)
                error = FormErrors.BodyMissing("a JSON object");
            else if (!Utf8.IsValid(bytes))
                error = FormErrors.InvalidUtf8;
            else if ((parsed = JsonSerializer.Deserialize(bytes, type)) is null)
                error = FormErrors.Malformed("The body must be a JSON object.");
            else if (parsed.Unknown is { Count: > 0 } unknown)
                error = FormErrors.UnknownMember("The request", unknown.Keys.First());
        }
        catch (JsonException exception)
        {
            error = FormErrors.MalformedJson(exception);
        }

        return error is null;
    }
}
