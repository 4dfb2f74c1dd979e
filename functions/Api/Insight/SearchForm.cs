using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using ManagedLog.Engine.Insight;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Json;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Protocol.Partitioning;

namespace ManagedLog.Functions.Api.Insight;

/// <summary>Turns the body of a search into what the engine is asked for.</summary>
internal static class SearchForm
{
    public static bool TryMake(SearchBody body, Topic topic, [NotNullWhen(true)] out SearchRequest? request, [NotNullWhen(false)] out ApiError? error)
    {
        request = null;
        if (!TryReadQuery(body, out var query, out error) || !TryChoosePartitions(body, query, topic, out var partitions, out error))
            return false;
        if ((body.FromOffset ?? 0) < 0 || (body.ToOffset ?? 0) < 0)
            error = FormErrors.BadParameter("from_offset and to_offset are numbers from 0 on; to_offset is the first that is not searched any more.");
        else if (body.Order is not (null or "oldest" or "newest"))
            error = FormErrors.BadParameter("order is oldest or newest.");
        else if (body.MaxMatches < 1 || body.MaxBytes < 1 || body.MaxMs < 1)
            error = FormErrors.BadParameter("max_matches, max_bytes and max_ms are numbers from 1 on.");
        if (error is not null)
            return false;
        request = new SearchRequest(query, partitions)
        {
            FromOffset = body.FromOffset ?? 0,
            ToOffset = body.ToOffset ?? long.MaxValue,
            IsNewestFirst = body.Order == "newest",
            Limits = LimitsOf(body),
        };
        if (body.PageToken is null)
            return true;
        if (SearchToken.TryRead(body.PageToken, SearchToken.HashOf(body, topic), out var position))
        {
            request = request with { Resume = position };
            return true;
        }

        error = FormErrors.BadParameter("page_token is of another search, or none that was given. Send it with the same question, or begin without one.");
        return false;
    }

    private static SearchLimits LimitsOf(SearchBody body)
    {
        var defaults = new SearchLimits();
        return new SearchLimits
        {
            Matches = Math.Min(body.MaxMatches ?? defaults.Matches, SearchLimits.MostMatches),
            Bytes = Math.Min(body.MaxBytes ?? defaults.Bytes, SearchLimits.MostBytes),
            Duration = body.MaxMs is { } ms && ms < SearchLimits.MaxDuration.TotalMilliseconds ? TimeSpan.FromMilliseconds(ms) : SearchLimits.MaxDuration,
        };
    }

    private static bool TryReadQuery(SearchBody body, [NotNullWhen(true)] out MessageQuery? query, [NotNullWhen(false)] out ApiError? error)
    {
        query = null;
        HeaderCondition? header = null;
        JsonCondition? json = null;
        if (!TryReadKeys(body, out var keys, out error)
            || (body.Header is not null && !TryReadHeader(body.Header, out header, out error))
            || (body.Json is not null && !TryReadJson(body.Json, out json, out error))
            || !TryReadTime(body.FromTimestamp, "from_timestamp", out var from, out error)
            || !TryReadTime(body.ToTimestamp, "to_timestamp", out var to, out error))
            return false;
        query = new MessageQuery
        {
            Text = string.IsNullOrEmpty(body.Text) ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(body.Text),
            Keys = keys,
            Header = header,
            Json = json,
            FromTimestamp = from,
            ToTimestamp = to,
        };
        return true;
    }

    private static bool TryReadKeys(SearchBody body, out IReadOnlyList<ReadOnlyMemory<byte>>? keys, [NotNullWhen(false)] out ApiError? error)
    {
        keys = null;
        error = null;
        var hasKey = body.Key.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);
        if (hasKey && body.KeyBase64 is not null)
            error = FormErrors.BadParameter("key and key_base64 cannot be given together.");
        else if (body.KeyBase64 is { } base64)
            error = TryDecode(base64, out var bytes) ? Keep(bytes, out keys) : FormErrors.BadParameter("key_base64 is base64 with the standard alphabet, padded.");
        else if (hasKey)
            error = TryCompact(body.Key, out var compact) ? Keep(compact, out keys) : FormErrors.BadParameter("key is no valid text.");
        if (error is null && keys is not null && body.Key.ValueKind == JsonValueKind.String)
            keys = [Encoding.UTF8.GetBytes(body.Key.GetString()!), .. keys];
        return error is null;

        static ApiError? Keep(byte[] bytes, out IReadOnlyList<ReadOnlyMemory<byte>> keys)
        {
            keys = [bytes];
            return null;
        }
    }

    private static bool TryDecode(string base64, out byte[] bytes)
    {
        bytes = [];
        if (!Base64.IsValid(base64) || base64.Any(char.IsWhiteSpace))
            return false;
        bytes = Convert.FromBase64String(base64);
        return true;
    }

    /// <summary>As a producer's JSON is stored.</summary>
    private static bool TryCompact(JsonElement element, out byte[] compact)
    {
        compact = [];
        var source = Encoding.UTF8.GetBytes(element.GetRawText());
        var reader = new Utf8JsonReader(source, JsonForm.Reading);
        reader.Read();
        if (!JsonCompaction.TryRead(ref reader, source, new Scratch(), out var bytes))
            return false;
        compact = bytes.Value.ToArray();
        return true;
    }

    private static bool TryReadHeader(SearchHeaderBody body, [NotNullWhen(true)] out HeaderCondition? header, [NotNullWhen(false)] out ApiError? error)
    {
        header = null;
        error = body.Unknown is { Count: > 0 } unknown ? FormErrors.UnknownMember("header", unknown.Keys.First())
            : body.Name is null ? FormErrors.BadParameter("header has a name, and a value where it must be a certain one.")
            : null;
        if (error is not null)
            return false;
        header = new HeaderCondition(body.Name!, body.Value is { } value ? Encoding.UTF8.GetBytes(value) : default(ReadOnlyMemory<byte>?));
        return true;
    }

    private static bool TryReadJson(SearchJsonBody body, [NotNullWhen(true)] out JsonCondition? json, [NotNullWhen(false)] out ApiError? error)
    {
        json = null;
        error = null;

        // Null may be what to look for, or how a client writes that it gives nothing.
        var isEqual = body.EqualTo.ValueKind != JsonValueKind.Undefined && !(body.EqualTo.ValueKind == JsonValueKind.Null && body.Contains is not null);
        if (body.Unknown is { Count: > 0 } unknown)
            error = FormErrors.UnknownMember("json", unknown.Keys.First());
        else if (body.Path is null || !JsonPath.TryParse(body.Path, out var path))
            error = FormErrors.BadParameter("json.path is $ and then any number of .name, ['name'] and [index], for instance $.order.lines[0].sku.");
        else if (isEqual == (body.Contains is not null))
            error = FormErrors.BadParameter("json has either equals or contains.");
        else if ((json = isEqual ? EqualTo(path, body.EqualTo) : JsonCondition.Contains(path, body.Contains!)) is null)
            error = FormErrors.BadParameter("json.equals is a string, a number, true, false or null.");
        return error is null;
    }

    private static JsonCondition? EqualTo(JsonPath path, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => JsonCondition.EqualTo(path, value.GetString()!),
        JsonValueKind.Number => JsonCondition.EqualToNumber(path, Encoding.UTF8.GetBytes(value.GetRawText())),
        JsonValueKind.True => JsonCondition.EqualTo(path, true),
        JsonValueKind.False => JsonCondition.EqualTo(path, false),
        JsonValueKind.Null => JsonCondition.EqualTo(path, (bool?)null),
        JsonValueKind.Undefined or JsonValueKind.Object or JsonValueKind.Array or _ => null,
    };

    private static bool TryReadTime(JsonElement value, string name, out long? time, [NotNullWhen(false)] out ApiError? error)
    {
        time = null;
        error = null;
        if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return true;
        var text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number => value.GetRawText(),
            _ => "",
        };
        if (Timestamps.TryParse(text, out var parsed))
            time = parsed;
        else
            error = FormErrors.BadParameter($"{name} is milliseconds since 1970 or ISO 8601 (2026-01-31T12:00:00Z).");
        return error is null;
    }

    /// <summary>The one that was asked for; those where the key's records are; or all.</summary>
    private static bool TryChoosePartitions(
        SearchBody body, MessageQuery query, Topic topic, [NotNullWhen(true)] out IReadOnlyList<int>? partitions, [NotNullWhen(false)] out ApiError? error)
    {
        error = null;
        partitions = null;
        if (body.PartitionId is { } one)
        {
            if (one >= 0 && one < topic.Partitions)
                partitions = [one];
            else
                error = new ApiError(404, 404, $"Partition {one} of topic {topic.Name} not found; it has partitions 0 to {topic.Partitions - 1}.");
        }
        else if (query.Keys is { } keys && body.AllPartitions != true)
        {
            partitions = [.. keys.Select(key => MurmurHash2.PartitionFor(key.Span, topic.Partitions)).Distinct().Order()];
        }
        else
        {
            partitions = [.. Enumerable.Range(0, topic.Partitions)];
        }

        return error is null;
    }
}
