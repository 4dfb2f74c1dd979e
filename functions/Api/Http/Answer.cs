using System.Globalization;
using System.Text.Json;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Json;

namespace ManagedLog.Functions.Api.Http;

/// <summary>Writes whole JSON answers, with their length.</summary>
internal static class Answer
{
    public static async Task WriteAsync<TState>(HttpContext context, int status, string contentType, Action<Utf8JsonWriter, TState> write, TState state)
    {
        using var buffer = new PooledBuffer();
        using (var writer = new Utf8JsonWriter(buffer, JsonForm.Writing))
            write(writer, state);
        await WriteAsync(context, status, contentType, buffer.Written);
    }

    public static async Task WriteAsync(HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>Answers with an error, in the type that the client takes (<c>application/json</c> where it takes none of ours).</summary>
    public static Task ErrorAsync(HttpContext context, ApiError error)
    {
        if (error.RetryAfterSeconds is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return WriteAsync(context, error.Status, ErrorType(context, error), static (writer, error) => WriteError(writer, error), error);
    }

    /// <summary><c>{"error_code":…,"message":…}</c>.</summary>
    public static void WriteError(Utf8JsonWriter writer, ApiError error)
    {
        writer.WriteStartObject();
        writer.WriteNumber("error_code"u8, error.Code);
        writer.WriteString("message"u8, error.Message);
        writer.WriteEndObject();
    }

    private static string ErrorType(HttpContext context, ApiError error)
    {
        if (error.Status is StatusCodes.Status406NotAcceptable or StatusCodes.Status415UnsupportedMediaType || ApiPaths.IsV3(context.Request.Path))
            return MediaTypes.Json;
        return AcceptHeader.Choose(context.Request.Headers.Accept, MediaTypes.V2Answers) ?? MediaTypes.Json;
    }
}
