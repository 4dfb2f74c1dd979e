namespace ManagedLog.Engine.Consumers;

/// <summary>Where the partitions of a consumer instance come from. One mode excludes the other until it is cleared.</summary>
public enum ConsumerMode
{
    /// <summary>It has none yet.</summary>
    None = 0,

    /// <summary>From the group, which shares those of the topics out among its members.</summary>
    Subscribed,

    /// <summary>Named by the client; the group's members are not concerned.</summary>
    Assigned,
}
