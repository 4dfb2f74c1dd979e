using System.Text.Json;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>
/// The body of <c>POST …/offsets</c>. In <c>offsets</c> each number is that of the last record that was processed, as the reference's clients have it, and one more is committed: the next
/// offset to read. In <c>partitions</c>, which is Redpanda's name for the list, it is the next offset itself. Nothing: all that the polls so far have given out.
/// </summary>
internal static class CommitForm
{
    /// <summary>Null: the client names nothing.</summary>
    public static (IReadOnlyList<OffsetCommit>? Offsets, ApiError? Error) Read(JsonElement? body)
    {
        if (body is not { } members)
            return (null, null);
        var processed = new List<PlaceForm>();
        var next = new List<PlaceForm>();
        var isGiven = false;
        foreach (var member in members.EnumerateObject())
        {
            isGiven |= member.Value.ValueKind != JsonValueKind.Null;
            var error = member.Name switch
            {
                "offsets" => PlaceForm.ReadAll(member.Value, "offsets", "offset", processed),
                "partitions" => PlaceForm.ReadAll(member.Value, "partitions", "offset", next),
                _ => FormErrors.UnknownMember("The request", member.Name),
            };
            if (error is not null)
                return (null, error);
        }

        if (!isGiven)
            return (null, null);
        // Of a partition that is named twice the last one counts, as if they had been committed one after the other.
        var commits = processed.Select(place => Commit(place, place.Offset!.Value + 1)).Concat(next.Select(place => Commit(place, place.Offset!.Value)));
        return ([.. commits.GroupBy(commit => (commit.Topic, commit.Partition)).Select(same => same.Last())], null);
    }

    private static OffsetCommit Commit(PlaceForm place, long offset) => new(place.Topic, place.Partition, offset) { Metadata = place.Metadata, MayBeBeyondEnd = true };
}
