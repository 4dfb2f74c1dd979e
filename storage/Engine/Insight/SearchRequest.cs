namespace ManagedLog.Engine.Insight;

/// <summary>One step of a search. The same request with the position that it answered goes on, on any instance.</summary>
/// <param name="Partitions">Where to search, in this order, one after the other.</param>
public sealed record SearchRequest(MessageQuery Query, IReadOnlyList<int> Partitions)
{
    /// <summary>The first offset that counts, in each partition.</summary>
    public long FromOffset { get; init; }

    /// <summary>The first offset that does not count any more.</summary>
    public long ToOffset { get; init; } = long.MaxValue;

    /// <summary>From the end of each partition to its beginning.</summary>
    public bool IsNewestFirst { get; init; }

    /// <summary>What one step may take.</summary>
    public SearchLimits Limits { get; init; } = new();

    /// <summary>Where the step before ended; null: this is the first.</summary>
    public SearchPosition? Resume { get; init; }
}

/// <summary>What one step of a search may take. It ends with the first that is reached, after the batch under way.</summary>
public sealed record SearchLimits
{
    /// <summary>Longest time of one step, whatever is asked for.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromMilliseconds(1_500);

    /// <summary>Most matches of one step, whatever is asked for.</summary>
    public const int MostMatches = 1_000;

    /// <summary>Most bytes of one step, whatever is asked for.</summary>
    public const long MostBytes = 256L * 1024 * 1024;

    /// <summary>Partitions that one step begins with: each takes storage operations even when there is nothing in it.</summary>
    public const int MaxPartitions = 100;

    /// <summary>Keys, values and headers of the matches of one step; one match is given however large.</summary>
    public const int MaxMatchBytes = 4 * 1024 * 1024;

    /// <summary>What is gone through at once where the newest is first: whole, and in memory as far as it matches.</summary>
    internal long StretchBytes { get; init; } = 1024 * 1024;

    public int Matches { get; init; } = 100;

    /// <summary>Of what is stored, before it is decompressed.</summary>
    public long Bytes { get; init; } = 64L * 1024 * 1024;

    public TimeSpan Duration { get; init; } = MaxDuration;
}
