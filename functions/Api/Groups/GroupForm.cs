using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Functions.Api.Groups;

/// <summary>What the bodies of group calls mean, or what is wrong with them.</summary>
internal static class GroupForm
{
    /// <summary>Most partitions in one request.</summary>
    private const int MaxPartitions = 10_000;

    private const int MaxTopics = 1_000;

    /// <param name="subscription">Null where neither topics nor a pattern is given.</param>
    public static bool TryReadSubscription(List<string?>? topics, string? pattern, out MemberSubscription? subscription, [NotNullWhen(false)] out ApiError? error)
    {
        subscription = null;
        error = null;
        if (topics is not null && pattern is not null)
            error = FormErrors.BadParameter("topics and topic_pattern exclude each other.");
        else if (topics is { Count: > MaxTopics })
            error = FormErrors.BadParameter($"A subscription has at most {MaxTopics} topics; use topic_pattern.");
        else if (topics is not null && FindDefect(topics) is { } defect)
            error = FormErrors.BadParameter(defect);
        else if (topics is not null)
            subscription = new MemberSubscription([.. topics.Distinct()!], null);
        else if (pattern is not null)
            subscription = MemberSubscription.Matching(pattern);
        return error is null;
    }

    /// <param name="isWholeTopic">The number may be left out: all partitions of the topic.</param>
    public static bool TryReadPartitions(
        IReadOnlyList<GroupPartitionBody?>? bodies, string list, bool isWholeTopic, [NotNullWhen(true)] out IReadOnlyList<PartitionName>? partitions, [NotNullWhen(false)] out ApiError? error)
    {
        error = FindDefect(bodies, list, isWholeTopic);
        partitions = error is null ? [.. bodies!.Select(body => new PartitionName(body!.TopicName!, body.PartitionId))] : null;
        return error is null;
    }

    public static bool TryReadOffsets(IReadOnlyList<CommitOffsetBody?>? bodies, [NotNullWhen(true)] out IReadOnlyList<OffsetCommit>? offsets, [NotNullWhen(false)] out ApiError? error)
    {
        offsets = null;
        error = FindDefect(bodies, "offsets", isWholeTopic: false);
        if (error is not null)
            return false;
        if (bodies!.FirstOrDefault(body => body!.Offset is null or < 0) is { } wrong)
            error = FormErrors.BadParameter($"{wrong.TopicName}/{wrong.PartitionId} needs an offset from 0 on: the next one to be read.");
        else if (bodies!.GroupBy(body => (body!.TopicName, body.PartitionId)).FirstOrDefault(same => same.Count() > 1) is { } twice)
            error = FormErrors.BadParameter($"{twice.Key.TopicName}/{twice.Key.PartitionId} is named twice.");
        else
            offsets = [.. bodies!.Select(body => Commit(body!))];
        return error is null;
    }

    /// <summary>By the ids, since what is meant may have been deleted.</summary>
    public static bool TryReadReleased(IReadOnlyList<GroupPartitionBody?>? bodies, out IReadOnlyList<TopicPartition> released, [NotNullWhen(false)] out ApiError? error)
    {
        released = [];
        error = null;
        var found = new List<TopicPartition>();
        foreach (var body in bodies ?? [])
        {
            if (body?.Unknown is { Count: > 0 } unknown)
                error = FormErrors.UnknownMember("An entry of released", unknown.Keys.First());
            else if (body is null || !TopicId.TryParse(body.TopicId, out var id) || body.PartitionId is null or < 0)
                error = FormErrors.BadParameter("Each entry of released has the topic_id and the partition_id under which it was to be revoked.");
            else
                found.Add(new TopicPartition(id, body.PartitionId.Value));
            if (error is not null)
                return false;
        }

        released = found;
        return true;
    }

    public static bool TryReadReset(ResetOffsetsBody body, [NotNullWhen(true)] out OffsetResetRequest? request, [NotNullWhen(false)] out ApiError? error)
    {
        request = null;
        error = null;
        IReadOnlyList<PartitionName>? partitions = null;
        var given = (body.To is null ? 0 : 1) + (body.Timestamp is null ? 0 : 1) + (body.Shift is null ? 0 : 1) + (body.Offset is null ? 0 : 1);
        if (given != 1)
            error = FormErrors.BadParameter("One of to (earliest or latest), timestamp, shift and offset says where the offsets go, and only one.");
        else if (body.Partitions is not null && !TryReadPartitions(body.Partitions, "partitions", isWholeTopic: true, out partitions, out error))
            return false;
        else if (!TryReadTarget(body, out var to))
            error = FormErrors.BadParameter("to is earliest or latest; timestamp is milliseconds since 1970 or ISO 8601; offset is a number from 0 on.");
        else
            request = new OffsetResetRequest(to) { Partitions = partitions, IsForced = body.Force == true };
        return error is null;
    }

    private static bool TryReadTarget(ResetOffsetsBody body, [NotNullWhen(true)] out OffsetReset? to)
    {
        to = body switch
        {
            { To: "earliest" } => OffsetReset.Earliest,
            { To: "latest" } => OffsetReset.Latest,
            { Shift: { } shift } => OffsetReset.By(shift),
            { Offset: >= 0 and var offset } => OffsetReset.ToOffset(offset),
            { Timestamp: { ValueKind: JsonValueKind.Number or JsonValueKind.String } time } when Timestamps.TryParse(time.ToString(), out var timestamp) => OffsetReset.ToTimestamp(timestamp),
            _ => null,
        };
        return to is not null;
    }

    private static OffsetCommit Commit(CommitOffsetBody body) => new(body.TopicName!, body.PartitionId!.Value, body.Offset!.Value)
    {
        TopicId = TopicId.TryParse(body.TopicId, out var id) ? id : null,
        LeaderEpoch = body.LeaderEpoch ?? -1,
        Metadata = body.Metadata ?? "",
    };

    private static string? FindDefect(List<string?> topics)
    {
        foreach (var topic in topics)
        {
            if (topic is null)
                return "topics must be an array of strings.";
            if (!TopicName.IsLegal(topic, out var defect))
                return defect;
        }

        return null;
    }

    private static ApiError? FindDefect(IReadOnlyList<GroupPartitionBody?>? bodies, string list, bool isWholeTopic)
    {
        if (bodies is null or { Count: 0 })
            return FormErrors.Unprocessable($"{list} is missing or empty.");
        if (bodies.Count > MaxPartitions)
            return FormErrors.BadParameter($"{list} has at most {MaxPartitions} entries.");
        foreach (var body in bodies)
        {
            if (body?.Unknown is { Count: > 0 } unknown)
                return FormErrors.UnknownMember($"An entry of {list}", unknown.Keys.First());
            if (string.IsNullOrEmpty(body?.TopicName) || (body.PartitionId is null && !isWholeTopic) || body.PartitionId < 0)
                return FormErrors.BadParameter($"Each entry of {list} has a topic_name and a partition_id from 0 on.");
            if (body.TopicId is not null && !TopicId.TryParse(body.TopicId, out _))
                return FormErrors.BadParameter($"{body.TopicId} is no topic_id.");
        }

        return null;
    }
}
