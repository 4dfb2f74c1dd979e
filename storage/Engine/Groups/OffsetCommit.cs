using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups;

/// <summary>How far a group has read one partition.</summary>
/// <param name="Offset">The next one to be read.</param>
public sealed record OffsetCommit(string Topic, int Partition, long Offset)
{
    public const int MaxMetadataCharacters = 4096;

    /// <summary>Which incarnation of the topic it was read from. Given, a topic that was created again meanwhile is told apart; null: the one that stands.</summary>
    public TopicId? TopicId { get; init; }

    /// <summary>Of the last batch that was read; −1: not known.</summary>
    public int LeaderEpoch { get; init; } = -1;

    /// <summary>
    /// The number is the client's own and not looked at: it may lie beyond the end of the log. As brokers have it, and clients of the REST proxies, who commit what they were told elsewhere.
    /// </summary>
    public bool MayBeBeyondEnd { get; init; }

    /// <summary>The client's own note.</summary>
    public string Metadata { get; init; } = "";
}
