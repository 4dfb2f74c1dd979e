using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Limits;
using ManagedLog.Functions.Security;

namespace ManagedLog.Functions.Hosting;

/// <summary>The settings of the service: section <c>ManagedLog</c> of the configuration, in the environment <c>ManagedLog__Storage</c> and so on.</summary>
internal sealed class ServiceOptions
{
    public const string SectionName = "ManagedLog";

    private static readonly TimeSpan LongestHousekeepingInterval = TimeSpan.FromDays(1);

    /// <summary>Timers take at most 49 days.</summary>
    private static readonly TimeSpan LongestStreamTime = TimeSpan.FromDays(40);

    public StorageKind Storage { get; set; } = StorageKind.Azure;

    /// <summary>Of a storage account, or <c>UseDevelopmentStorage=true</c> for the emulator. Instead of it, both addresses below, with the identity that the process runs as.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>For instance <c>https://account.blob.core.windows.net</c>.</summary>
    public Uri? BlobServiceUri { get; set; }

    /// <summary>For instance <c>https://account.table.core.windows.net</c>.</summary>
    public Uri? TableServiceUri { get; set; }

    /// <summary>The container of all blobs; made at start if it is not there.</summary>
    public string Container { get; set; } = "managedlog";

    /// <summary>Stands before the name of each table, so that several logs can share an account.</summary>
    public string TablePrefix { get; set; } = "managedlog";

    /// <summary>Where the account is, for instance <c>westeurope</c>; shown as the rack of its broker. Storage does not tell it.</summary>
    public string? Region { get; set; }

    /// <summary>Where the account's blob service is, said by who connects to it; null: everything is in memory. No setting.</summary>
    internal Uri? AccountAddress { get; set; }

    /// <summary>On the loopback addresses; used where neither the Functions host nor <c>--urls</c> says where to listen.</summary>
    public int Port { get; set; } = 7071;

    /// <summary>Largest body of a v2 produce, in bytes; it is held in memory as a whole.</summary>
    public int MaxProduceBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Longest stream of a v3 produce, in bytes. The default is what the Functions host lets through.</summary>
    public long MaxStreamBytes { get; set; } = 100L * 1024 * 1024;

    /// <summary>How long a stream of a v3 produce may last; then it ends with a report of 408.</summary>
    public TimeSpan MaxStreamTime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Most entries of a <c>records:batch</c>.</summary>
    public int MaxBatchEntries { get; set; } = 10;

    /// <summary>How long a v2 consumer instance that nobody calls stays, and keeps its partitions, where its creation says nothing of it.</summary>
    public TimeSpan ConsumerInstanceTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Whose pages may use the service: origins separated by commas (<c>https://app.example.org</c>), <c>*</c> for all, or empty for none. Empty, too, where the platform
    /// in front answers for it.
    /// </summary>
    public string CorsOrigins { get; set; } = "*";

    /// <summary>Stops when standard input ends: for launchers.</summary>
    public bool StopAtEndOfInput { get; set; }

    /// <summary>
    /// How often an instance that no Functions host calls makes a tick of the housekeeping, on average. Between half of it and one and a half of it pass, because
    /// instances that were started together should not all ask at the same moments.
    /// </summary>
    public TimeSpan HousekeepingInterval { get; set; } = TimeSpan.FromSeconds(30);

    public EngineOptions Engine { get; set; } = new() { HistoryInterval = TimeSpan.FromMinutes(1) };

    /// <summary>Who may use it.</summary>
    public SecurityOptions Security { get; set; } = new();

    /// <summary>What an instance bears, and what of it one caller can have.</summary>
    public LimitOptions Limits { get; set; } = new();

    /// <summary>For estimates of what a topic costs.</summary>
    public PriceOptions Prices { get; set; } = new();

    /// <summary>Null, or what is wrong, in one sentence that says what to set.</summary>
    public string? FindDefect()
    {
        var byAddress = BlobServiceUri is not null || TableServiceUri is not null;
        if (!Enum.IsDefined(Storage))
            return "ManagedLog:Storage must be azure or memory.";
        if (Storage == StorageKind.Azure && string.IsNullOrWhiteSpace(ConnectionString) && !byAddress)
            return "Set ManagedLog:ConnectionString, or both ManagedLog:BlobServiceUri and ManagedLog:TableServiceUri, or ManagedLog:Storage=memory to try things out without an account.";
        if (Storage == StorageKind.Azure && !string.IsNullOrWhiteSpace(ConnectionString) && byAddress)
            return "Set either ManagedLog:ConnectionString or the two service addresses, not both.";
        if (Storage == StorageKind.Azure && byAddress && (BlobServiceUri is null || TableServiceUri is null))
            return "ManagedLog:BlobServiceUri and ManagedLog:TableServiceUri must both be set.";
        if (Port is < 0 or > 65_535)
            return "ManagedLog:Port must be from 0 to 65535.";
        if (MaxProduceBytes < 1 || MaxStreamBytes < 1 || MaxBatchEntries < 1)
            return "ManagedLog:MaxProduceBytes, ManagedLog:MaxStreamBytes and ManagedLog:MaxBatchEntries must be at least 1.";
        if (MaxStreamTime <= TimeSpan.Zero || MaxStreamTime > LongestStreamTime)
            return "ManagedLog:MaxStreamTime must be more than 0 and at most 40 days.";
        if (ConsumerInstanceTimeout < JoinRequest.MinSessionTimeout || ConsumerInstanceTimeout > JoinRequest.MaxSessionTimeout)
            return "ManagedLog:ConsumerInstanceTimeout must be from a second to a day.";
        if (HousekeepingInterval <= TimeSpan.Zero || HousekeepingInterval > LongestHousekeepingInterval)
            return "ManagedLog:HousekeepingInterval must be more than 0 and at most a day.";
        if (Engine.HousekeepingLease < StorageLimits.MinLease || Engine.HousekeepingLease > StorageLimits.MaxLease)
            return "ManagedLog:Engine:HousekeepingLease must be from 15 to 60 seconds, which is what storage's leases allow.";
        if (Engine.PartitionIdleTimeout < TimeSpan.Zero)
            return "ManagedLog:Engine:PartitionIdleTimeout must not be negative; 0 keeps partitions open for ever.";
        if (Engine.HistoryInterval < TimeSpan.Zero || Engine.HistoryRetention <= TimeSpan.Zero)
            return "ManagedLog:Engine:HistoryInterval must not be negative (0 turns the history off), and ManagedLog:Engine:HistoryRetention must be more than 0.";
        return Security.FindDefect() ?? Limits.FindDefect(MaxProduceBytes) ?? Prices.FindDefect();
    }
}
