namespace ManagedLog.Engine.Consumers;

/// <summary>What was asked for when a consumer instance was created. It never changes.</summary>
/// <param name="Format">How records look in its answers; a name that only the interface understands.</param>
/// <param name="KeyFormat">The same for keys, where it is another one.</param>
/// <param name="StartsAtEarliest">Where a partition begins that the group has never committed: with its first record, or with what comes from then on.</param>
/// <param name="AutoCommit">What was given out is committed when the client comes back for more.</param>
/// <param name="SessionTimeout">An instance that nobody calls for so long is gone, and its partitions with it.</param>
public sealed record ConsumerSettings(string Format, string? KeyFormat, bool StartsAtEarliest, bool AutoCommit, TimeSpan SessionTimeout)
{
    public static readonly TimeSpan DefaultAutoCommitInterval = TimeSpan.FromSeconds(5);

    public TimeSpan AutoCommitInterval { get; init; } = DefaultAutoCommitInterval;

    /// <summary>A poll goes on collecting up to so many bytes while its time lasts; 1 and less: it answers as soon as there is a record.</summary>
    public int MinBytes { get; init; } = 1;

    /// <summary>The longest wait of a poll, and how long one waits that says nothing; null: as the interface has it.</summary>
    public TimeSpan? RequestTimeout { get; init; }

    /// <summary>At most so many records in one poll.</summary>
    public int MaxRecords { get; init; } = int.MaxValue;

    /// <summary>How the group is to share partitions out; null: its default.</summary>
    public string? Assignor { get; init; }

    public string ClientId { get; init; } = "";
}
