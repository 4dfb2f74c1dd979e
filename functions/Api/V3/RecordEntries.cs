using System.Text.Json;
using System.Text.Unicode;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Json;

namespace ManagedLog.Functions.Api.V3;

/// <summary>
/// Cuts the body of <c>records:batch</c>, <c>{"entries":[{"id", …record}]}</c>, into its entries and sees that their ids are distinct. What else is in an entry is
/// not looked at: that is the entry's own success or failure.
/// </summary>
internal sealed class RecordEntries
{
    private const int MaxIdLength = 80;

    /// <summary>Each with its id and its place in the body.</summary>
    public List<(string Id, Range Place)> All { get; } = [];

    /// <summary>Null: the entries are there. Otherwise why the request is refused as a whole.</summary>
    public ApiError? Read(ReadOnlySpan<byte> body, int maxEntries)
    {
        if (body.Trim(" \t\r\n"u8).IsEmpty)
            return FormErrors.BodyMissing("""{"entries":[{"id":"1","value":{"type":"STRING","data":"hello"}}]}""");
        if (!Utf8.IsValid(body))
            return FormErrors.InvalidUtf8;
        try
        {
            return ReadBody(body) ?? Check(maxEntries);
        }
        catch (JsonException exception)
        {
            return FormErrors.MalformedJson(exception);
        }
    }

    private ApiError? ReadBody(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, JsonForm.Reading);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return FormErrors.Malformed("The body must be a JSON object.");
        var hasEntries = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals("entries"u8))
                return FormErrors.UnknownMember("The request", JsonNames.Of(ref reader));
            if (hasEntries)
                return FormErrors.Malformed("entries is there twice.");
            hasEntries = true;
            if (ReadEntries(ref reader) is { } error)
                return error;
        }

        reader.Read();
        return null;
    }

    private ApiError? ReadEntries(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        if (reader.TokenType != JsonTokenType.StartArray)
            return FormErrors.Malformed("entries must be an array.");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                return FormErrors.Malformed($"Entry {All.Count} must be an object.");
            var begin = (int)reader.TokenStartIndex;
            if (ReadId(ref reader, out var id) is { } error)
                return error;
            All.Add((id, begin..(int)reader.BytesConsumed));
        }

        return null;
    }

    /// <summary>The reader goes from the beginning of an entry to its end.</summary>
    private ApiError? ReadId(ref Utf8JsonReader reader, out string id)
    {
        id = "";
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = reader.ValueTextEquals("id"u8);
            reader.Read();
            if (isId)
            {
                if (reader.TokenType != JsonTokenType.String)
                    return FormErrors.Malformed($"The id of entry {All.Count} must be a string.");
                try
                {
                    id = reader.GetString()!;
                }
                catch (InvalidOperationException)
                {
                    return FormErrors.Malformed($"The id of entry {All.Count} is no valid Unicode.");
                }
            }

            reader.Skip();
        }

        return null;
    }

    private ApiError? Check(int maxEntries)
    {
        if (All.Count == 0)
            return Refused("entries is missing or empty; send at least one.");
        if (All.Count > maxEntries)
            return Refused($"There are {All.Count} entries; at most {maxEntries} are taken at once.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (id, _) in All)
        {
            if (id.Length is 0 or > MaxIdLength)
                return Refused($"Each entry has an id of 1 to {MaxIdLength} characters.");
            if (!seen.Add(id))
                return Refused($"The id {id} is given twice.");
        }

        return null;
    }

    private static ApiError Refused(string why) => new(422, 42208, why + " Nothing was appended.");
}
