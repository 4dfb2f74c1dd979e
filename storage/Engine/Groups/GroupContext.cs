namespace ManagedLog.Engine.Groups;

/// <summary>What all that serves groups shares within an instance.</summary>
internal sealed record GroupContext(GroupTable Table, GroupDirectory Directory, GroupTopics Topics, GroupLogs Logs, TimeProvider Time, Entropy Entropy)
{
    public required EngineOptions Options { get; init; }

    public required GroupRules Rules { get; init; }

    /// <summary>Is told what was committed, once that is certain, or (null) deleted. Must not block.</summary>
    public Action<GroupId, GroupPartition, long?> Committed { get; init; } = static (_, _, _) => { };

    public MemberSessions Sessions { get; } = new();

    public GroupWatches Watches { get; } = new(Time);
}
