using System.Text.Json;
using System.Text.Json.Serialization;
using ManagedLog.Functions.Api.V3;

namespace ManagedLog.Functions.Api.Groups;

/// <summary>The body of <c>POST …/consumer-groups/{group}/members</c>.</summary>
internal sealed class JoinBody : StrictBody
{
    /// <summary>Of the client's choice, so that a join whose answer was lost is sent again; null: one is made up.</summary>
    public string? ConsumerId { get; set; }

    public List<string?>? Topics { get; set; }

    public string? TopicPattern { get; set; }

    public string? ClientId { get; set; }

    public string? InstanceId { get; set; }

    public long? SessionTimeoutMs { get; set; }

    public string? PartitionAssignor { get; set; }
}

/// <summary>The body of <c>POST …/members/{consumer}:heartbeat</c>.</summary>
internal sealed class HeartbeatBody : StrictBody
{
    public long? MemberEpoch { get; set; }

    /// <summary>What was to be revoked and is done with.</summary>
    public List<GroupPartitionBody?>? Released { get; set; }

    /// <summary>With <see cref="TopicPattern"/>: another subscription from now on.</summary>
    public List<string?>? Topics { get; set; }

    public string? TopicPattern { get; set; }
}

/// <summary>A partition. Of a topic that was created again the id tells which one is meant.</summary>
internal class GroupPartitionBody : StrictBody
{
    public string? TopicName { get; set; }

    public string? TopicId { get; set; }

    /// <summary>Null, where that is allowed: all of the topic.</summary>
    public int? PartitionId { get; set; }
}

/// <summary>The body of <c>POST …/members/{consumer}/offsets</c>, and without epoch and sequence of <c>POST …/offsets</c>.</summary>
internal sealed class CommitBody : StrictBody
{
    public long? MemberEpoch { get; set; }

    public long? Sequence { get; set; }

    public List<CommitOffsetBody?>? Offsets { get; set; }
}

internal sealed class CommitOffsetBody : GroupPartitionBody
{
    /// <summary>The next one to be read.</summary>
    public long? Offset { get; set; }

    public int? LeaderEpoch { get; set; }

    public string? Metadata { get; set; }
}

/// <summary>The body of <c>POST …/offsets:delete</c>.</summary>
internal sealed class DeleteOffsetsBody : StrictBody
{
    public List<GroupPartitionBody?>? Partitions { get; set; }
}

/// <summary>The body of <c>POST …/offsets:reset</c> and <c>…/offsets:preview</c>: one of the first four.</summary>
internal sealed class ResetOffsetsBody : StrictBody
{
    /// <summary><c>earliest</c> or <c>latest</c>.</summary>
    public string? To { get; set; }

    /// <summary>Milliseconds since 1970, or ISO 8601.</summary>
    public JsonElement? Timestamp { get; set; }

    public long? Shift { get; set; }

    public long? Offset { get; set; }

    /// <summary>Null: all that the group has committed.</summary>
    public List<GroupPartitionBody?>? Partitions { get; set; }

    /// <summary>Removes the members first.</summary>
    public bool? Force { get; set; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, MaxDepth = Json.JsonForm.MaxDepth)]
[JsonSerializable(typeof(JoinBody))]
[JsonSerializable(typeof(HeartbeatBody))]
[JsonSerializable(typeof(CommitBody))]
[JsonSerializable(typeof(DeleteOffsetsBody))]
[JsonSerializable(typeof(ResetOffsetsBody))]
internal sealed partial class GroupBodies : JsonSerializerContext;
