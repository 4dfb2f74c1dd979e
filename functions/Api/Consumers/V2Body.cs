using System.Text.Json;
using System.Text.Unicode;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Json;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>
/// Reads the small JSON bodies of v2's consumer calls. Clients send the types of records everywhere, some send none at all, so every type of v2 is taken, and plain JSON.
/// </summary>
internal static class V2Body
{
    /// <summary>Far beyond any such body, so that nobody fills memory with one.</summary>
    private const int MaxBytes = 1024 * 1024;

    private static readonly string[] Types = [.. MediaTypes.V2Answers, .. MediaTypes.SchemaFormatsV2];

    /// <summary>A JSON object, or null for an empty body (also <c>null</c>). Whoever reads it disposes of it.</summary>
    public static async ValueTask<(JsonDocument? Body, ApiError? Error)> ReadAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadAsync(context.Request, MaxBytes, context.RequestAborted);
        if (body is null)
            return (null, FormErrors.BodyTooLarge(MaxBytes));
        if (body.Bytes.Span.Trim(" \t\r\n"u8).IsEmpty)
            return (null, null);
        if (!string.IsNullOrEmpty(context.Request.ContentType))
        {
            if (!BodyType.TryRead(context.Request, Types, out var type, out var error))
                return (null, error);
            if (type.IsLatin1)
                return (null, FormErrors.UnsupportedCharset("ISO-8859-1"));
        }

        return Parse(body.Bytes);
    }

    public static (JsonDocument? Body, ApiError? Error) Parse(ReadOnlyMemory<byte> bytes)
    {
        if (!Utf8.IsValid(bytes.Span))
            return (null, FormErrors.InvalidUtf8);
        try
        {
            // A copy: the document outlives the pooled memory of the body.
            var document = JsonDocument.Parse(bytes.ToArray(), new JsonDocumentOptions { MaxDepth = JsonForm.MaxDepth });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return (document, null);
            var isNull = document.RootElement.ValueKind == JsonValueKind.Null;
            document.Dispose();
            return (null, isNull ? null : FormErrors.Malformed("The body must be a JSON object."));
        }
        catch (JsonException exception)
        {
            return (null, FormErrors.MalformedJson(exception));
        }
    }
}
