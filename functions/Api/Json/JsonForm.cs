using System.Text.Encodings.Web;
using System.Text.Json;

namespace ManagedLog.Functions.Api.Json;

/// <summary>How JSON is read and written here.</summary>
internal static class JsonForm
{
    /// <summary>Deepest nesting that is read. A record is taken only where its value, inside an answer, stays readable for parsers with this common limit.</summary>
    public const int MaxDepth = 64;

    public static JsonReaderOptions Reading { get; } = new() { MaxDepth = MaxDepth };

    /// <summary>Compact, with text as it is: answers are JSON documents, never parts of a page.</summary>
    public static JsonWriterOptions Writing { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
}
