using System.Text.Json;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.V3;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>The body of <c>POST …/positions</c>: offsets, times, or both.</summary>
internal sealed record PositionsForm(IReadOnlyList<PlaceForm> Offsets, IReadOnlyList<(PlaceForm Place, long Timestamp)> Timestamps)
{
    public static (PositionsForm? Form, ApiError? Error) Read(JsonElement? body)
    {
        if (body is not { } members)
            return (null, FormErrors.BodyMissing("""{"offsets":[{"topic":"orders","partition":0,"offset":42}]}"""));
        var offsets = new List<PlaceForm>();
        var times = new List<PlaceForm>();
        var isGiven = false;
        foreach (var member in members.EnumerateObject())
        {
            isGiven |= member.Value.ValueKind != JsonValueKind.Null;
            var error = member.Name switch
            {
                "offsets" => PlaceForm.ReadAll(member.Value, "offsets", "offset", offsets),
                "timestamps" => PlaceForm.ReadAll(member.Value, "timestamps", "timestamp", times),
                _ => FormErrors.UnknownMember("The request", member.Name),
            };
            if (error is not null)
                return (null, error);
        }

        if (!isGiven)
            return (null, FormErrors.Unprocessable("""offsets and timestamps are missing; send {"offsets":[{"topic":"orders","partition":0,"offset":42}]}."""));
        var timestamps = new List<(PlaceForm, long)>(times.Count);
        foreach (var place in times)
        {
            if (!V3.Timestamps.TryParse(place.Timestamp!.Value.ToString(), out var timestamp))
                return (null, FormErrors.Malformed($"{place.Timestamp} is no time; it is ISO 8601 (2026-01-31T12:00:00Z), or milliseconds since 1970."));
            timestamps.Add((place, timestamp));
        }

        return (new PositionsForm(offsets, timestamps), null);
    }
}
