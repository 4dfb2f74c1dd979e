using ManagedLog.Engine.Groups;

namespace ManagedLog.Engine.Consumers;

/// <summary>
/// A consumer instance of the REST interface: all that is known of it, so that any service instance can serve any call. Immutable; each change is a new value that is
/// stored in place of the one that it was made from, or not at all.
/// </summary>
public sealed record ConsumerInstance(GroupId Group, MemberId Id, ConsumerSettings Settings)
{
    public ConsumerMode Mode { get; init; }

    /// <summary>Subscribed topics by name; empty where there is a <see cref="Pattern"/>.</summary>
    public IReadOnlyList<string> Topics { get; init; } = [];

    /// <summary>Subscribes to all topics whose whole name it matches, now and later.</summary>
    public string? Pattern { get; init; }

    /// <summary>Of the member that it is in its group; 0: it has not joined.</summary>
    public long MemberEpoch { get; init; }

    /// <summary>
    /// Of the call that joins the group for it now; null: none does. Whoever would join claims the join first, so that calls at the same time join once. Under it no poll gives anything out.
    /// </summary>
    public string? JoinClaim { get; init; }

    /// <summary>The subscription was changed since the group was last told.</summary>
    public bool HasNewSubscription { get; init; }

    /// <summary>When the group last heard of it, as the serving instance's clock has it, in ms since 1970.</summary>
    public long HeartbeatAt { get; init; }

    /// <summary>When it last committed by itself, by the same clock.</summary>
    public long CommittedAt { get; init; }

    /// <summary>Grows with each poll that gave something out: so that each partition is first in its turn.</summary>
    public int Turn { get; init; }

    /// <summary>Of the partitions that it has now, in the order of topic and number.</summary>
    public IReadOnlyList<ConsumerPosition> Positions { get; init; } = [];

    public ConsumerPosition? Find(string topic, int partition) => Positions.FirstOrDefault(position => position.Is(topic, partition));

    public ConsumerInstance Subscribe(IReadOnlyList<string> topics, string? pattern) =>
        this with { Mode = ConsumerMode.Subscribed, Topics = topics, Pattern = pattern, HasNewSubscription = true };

    /// <summary>Whether both subscribe to the same.</summary>
    public bool WantsSameAs(ConsumerInstance other) => Pattern == other.Pattern && Topics.SequenceEqual(other.Topics, StringComparer.Ordinal);

    /// <summary>Positions of partitions that stay are kept.</summary>
    public ConsumerInstance Assign(IEnumerable<(string Topic, int Partition)> partitions) => (this with { Mode = ConsumerMode.Assigned }).WithPositions(
        partitions.Distinct().Select(one => Find(one.Topic, one.Partition) ?? new ConsumerPosition(one.Topic, one.Partition)));

    /// <summary>Without subscription, assignment and membership.</summary>
    public ConsumerInstance Clear() =>
        this with { Mode = ConsumerMode.None, Topics = [], Pattern = null, MemberEpoch = 0, JoinClaim = null, HasNewSubscription = false, HeartbeatAt = 0, Positions = [] };

    /// <summary>Takes the place of what is known of the same partitions, and leaves the others.</summary>
    public ConsumerInstance Move(IEnumerable<ConsumerPosition> moved)
    {
        var changed = moved.ToDictionary(position => (position.Topic, position.Partition));
        return this with { Positions = [.. Positions.Select(position => changed.GetValueOrDefault((position.Topic, position.Partition), position))] };
    }

    /// <summary>These and no others.</summary>
    public ConsumerInstance WithPositions(IEnumerable<ConsumerPosition> positions) =>
        this with { Positions = [.. positions.OrderBy(position => position.Topic, StringComparer.Ordinal).ThenBy(position => position.Partition)] };
}
