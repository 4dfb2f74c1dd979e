using System.Globalization;
using System.Text.Json;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>One entry of a list of partitions, as a consumer call names them. What is not asked for there is null.</summary>
internal sealed record PlaceForm(string Topic, int Partition, long? Offset, JsonElement? Timestamp, string Metadata)
{
    /// <summary>Most partitions in one request.</summary>
    public const int MaxPlaces = 10_000;

    /// <summary>Reads <c>[{"topic","partition",…}]</c>.</summary>
    /// <param name="extra">What each entry has beside topic and partition: <c>offset</c>, <c>timestamp</c>, or nothing.</param>
    public static ApiError? ReadAll(JsonElement list, string name, string? extra, List<PlaceForm> places)
    {
        if (list.ValueKind == JsonValueKind.Null)
            return null;
        if (list.ValueKind != JsonValueKind.Array)
            return FormErrors.Malformed($"{name} must be an array of objects.");
        if (list.GetArrayLength() > MaxPlaces)
            return FormErrors.Unprocessable($"{name} has more than {MaxPlaces} entries.");
        foreach (var entry in list.EnumerateArray())
        {
            if (Read(entry, name, extra, places) is { } error)
                return error;
        }

        return null;
    }

    private static ApiError? Read(JsonElement entry, string name, string? extra, List<PlaceForm> places)
    {
        if (entry.ValueKind != JsonValueKind.Object)
            return FormErrors.Malformed($"{name} must be an array of objects.");
        string? topic = null;
        int? partition = null;
        long? offset = null;
        JsonElement? timestamp = null;
        var metadata = "";
        foreach (var member in entry.EnumerateObject())
        {
            var error = member.Name switch
            {
                "topic" => ReadText(member, name, ref topic),
                "partition" => ReadPartition(member, name, ref partition),
                "offset" when extra == "offset" => ReadOffset(member, name, ref offset),
                "timestamp" when extra == "timestamp" => ReadTimestamp(member, name, ref timestamp),
                "metadata" when extra is not null => ReadMetadata(member, name, ref metadata),
                // Confluent's clients send what they were given.
                "leader_epoch" when extra == "offset" => null,
                _ => FormErrors.UnknownMember($"An entry of {name}", member.Name),
            };
            if (error is not null)
                return error;
        }

        if (string.IsNullOrEmpty(topic) || partition is null)
            return FormErrors.Unprocessable($"Each entry of {name} has a topic and a partition.");
        if (!TopicName.IsLegal(topic, out var defect))
            return FormErrors.Unprocessable(defect);
        if (extra == "offset" && offset is null)
            return FormErrors.Unprocessable($"Each entry of {name} has an offset.");
        if (extra == "timestamp" && timestamp is null)
            return FormErrors.Unprocessable($"Each entry of {name} has a timestamp.");
        places.Add(new PlaceForm(topic, partition.Value, offset, timestamp, metadata));
        return null;
    }

    private static ApiError? ReadText(JsonProperty member, string list, ref string? text)
    {
        if (member.Value.ValueKind == JsonValueKind.Null)
            return null;
        if (member.Value.ValueKind != JsonValueKind.String || !JsonText.TryGet(member.Value, out text))
            return FormErrors.Malformed($"{member.Name} in {list} must be a string.");
        return null;
    }

    private static ApiError? ReadMetadata(JsonProperty member, string list, ref string metadata)
    {
        string? text = null;
        var error = ReadText(member, list, ref text);
        metadata = text ?? "";
        return error;
    }

    private static ApiError? ReadPartition(JsonProperty member, string list, ref int? partition)
    {
        if (!JsonText.TryGetInteger(member.Value, out var number))
            return FormErrors.Malformed($"partition in {list} must be a number.");
        if (number is < 0 or > int.MaxValue)
            return FormErrors.Unprocessable(string.Create(CultureInfo.InvariantCulture, $"There is no partition {number}; they are numbered from 0."));
        partition = (int)number;
        return null;
    }

    private static ApiError? ReadOffset(JsonProperty member, string list, ref long? offset)
    {
        if (!JsonText.TryGetInteger(member.Value, out var number))
            return FormErrors.Malformed($"offset in {list} must be a number.");
        if (number is < 0 or long.MaxValue)
            return FormErrors.Unprocessable(string.Create(CultureInfo.InvariantCulture, $"{number} in {list} is no offset; offsets begin at 0."));
        offset = number;
        return null;
    }

    private static ApiError? ReadTimestamp(JsonProperty member, string list, ref JsonElement? timestamp)
    {
        if (member.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number))
            return FormErrors.Malformed($"timestamp in {list} must be a time: ISO 8601 (2026-01-31T12:00:00Z), or milliseconds since 1970.");
        timestamp = member.Value;
        return null;
    }
}
