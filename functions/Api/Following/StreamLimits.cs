namespace ManagedLog.Functions.Api.Following;

/// <summary>What bounds a stream of records. The times are those that Azure's front end leaves, which ends a connection on which nothing happens for 230 s.</summary>
internal static class StreamLimits
{
    /// <summary>A sign of life when nothing else was sent for so long.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>A stream that follows is ended after so long, for the client to resume it, perhaps on another instance: so load spreads and instances can go.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    /// <summary>A client that does not take what was sent for so long is cut off.</summary>
    public static readonly TimeSpan SlowClient = TimeSpan.FromSeconds(60);

    /// <summary>Between two looks whether there is room again for a stream that pauses.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>A delay of less than a millisecond is none.</summary>
    public static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);

    /// <summary>Read at once of one partition, in bytes; a batch that is larger is read whole. So much a slow client can hold.</summary>
    public const int ReadBytes = 256 * 1024;

    /// <summary>Between two flushes, in bytes, within what was read at once.</summary>
    public const int FlushAfter = 64 * 1024;

    /// <summary>Partitions in one request: each is looked at when it begins, and has a place in the id of every event.</summary>
    public const int MaxPartitions = 100;

    /// <summary>The longest id of an event, in bytes: it comes back in a header, of which servers and proxies take so much.</summary>
    public const int MaxIdLength = 8 * 1024;
}
