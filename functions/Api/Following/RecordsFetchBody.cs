using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.V3;
using Microsoft.Extensions.Primitives;

namespace ManagedLog.Functions.Api.Following;

/// <summary>The body of <c>POST /v3/clusters/{cluster}/records:fetch</c>. The limits are those of a fetch of one partition, for all together.</summary>
internal sealed class RecordsFetchBody : StrictBody
{
    public List<FetchPlaceBody>? Partitions { get; set; }

    public long? Timeout { get; set; }

    public long? Count { get; set; }

    public long? MaxBytes { get; set; }

    /// <summary>For each partition, so that one cannot fill the answer alone.</summary>
    public long? MaxPartitionBytes { get; set; }

    public string? Format { get; set; }

    /// <summary>As the query parameters of the other fetches are.</summary>
    public IQueryCollection Parameters()
    {
        var given = new Dictionary<string, StringValues>();
        foreach (var (name, number) in new[] { ("timeout", Timeout), ("count", Count), ("max_bytes", MaxBytes) })
        {
            if (number is { } some)
                given[name] = some.ToString(CultureInfo.InvariantCulture);
        }

        if (Format is not null)
            given["format"] = Format;
        return new QueryCollection(given);
    }
}

/// <summary>A partition, and where to begin: at an offset or, instead, a time.</summary>
internal sealed class FetchPlaceBody : StrictBody
{
    public string? Topic { get; set; }

    public int? Partition { get; set; }

    /// <summary>A number, <c>"earliest"</c> or <c>"latest"</c>.</summary>
    public JsonElement? Offset { get; set; }

    /// <summary>Milliseconds since 1970, or ISO 8601.</summary>
    public JsonElement? Timestamp { get; set; }

    public bool TryReadFrom(out FetchFrom from, [NotNullWhen(false)] out ApiError? error)
    {
        from = FetchFrom.Earliest;
        error = null;
        if (Unknown is { Count: > 0 } unknown)
            error = FormErrors.UnknownMember("A partition", unknown.Keys.First());
        else if (string.IsNullOrEmpty(Topic) || Partition is null or < 0)
            error = FormErrors.BadParameter("Each partition has a topic and a partition number from 0 on.");
        else if (Offset is null == Timestamp is null)
            error = FormErrors.BadParameter($"{Topic}/{Partition} needs an offset or a timestamp, and not both.");
        else if (!(Offset is { } offset ? TryReadOffset(offset, out from) : TryReadTimestamp(Timestamp!.Value, out from)))
            error = FormErrors.BadParameter($"{Topic}/{Partition}: offset is a number from 0 on, \"earliest\" or \"latest\"; timestamp is milliseconds since 1970 or ISO 8601.");
        return error is null;
    }

    private static bool TryReadOffset(JsonElement value, out FetchFrom from)
    {
        from = FetchFrom.Latest;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var offset) && offset >= 0)
            from = FetchFrom.At(offset);
        else if (value.ValueKind == JsonValueKind.String && value.ValueEquals("earliest"u8))
            from = FetchFrom.Earliest;
        else if (value.ValueKind != JsonValueKind.String || !value.ValueEquals("latest"u8))
            return false;
        return true;
    }

    private static bool TryReadTimestamp(JsonElement value, out FetchFrom from)
    {
        from = FetchFrom.Latest;
        if (value.ValueKind is not (JsonValueKind.Number or JsonValueKind.String) || !Timestamps.TryParse(value.ToString(), out var timestamp))
            return false;
        from = FetchFrom.AtTimestamp(timestamp);
        return true;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, MaxDepth = Json.JsonForm.MaxDepth)]
[JsonSerializable(typeof(RecordsFetchBody))]
internal sealed partial class RecordsFetchBodies : JsonSerializerContext;
