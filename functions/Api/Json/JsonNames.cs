using System.Text;
using System.Text.Json;

namespace ManagedLog.Functions.Api.Json;

/// <summary>Member names for error messages.</summary>
internal static class JsonNames
{
    private const int MaxLength = 80;

    /// <summary>The name that the reader stands on, as it was written, shortened where it is long.</summary>
    public static string Of(ref Utf8JsonReader reader)
    {
        var name = Encoding.UTF8.GetString(reader.ValueSpan);
        return name.Length <= MaxLength ? name : name[..MaxLength] + "…";
    }
}
