using ManagedLog.Engine.Backend;
using Microsoft.Extensions.Logging;

namespace ManagedLog.Engine.Log;

/// <summary>What all partitions of one instance share. Reads through <see cref="Backend"/> are retried below it, writes never.</summary>
internal sealed record PartitionContext(IStorageBackend Backend, EngineOptions Options, TimeProvider Time, Entropy Entropy, ILogger Logger)
{
    public required ReadCache Cache { get; init; }

    public required ProtocolRules Rules { get; init; }

    /// <summary>Null: nobody measures.</summary>
    public LogMeter? Meter { get; init; }

    public CompactionMemory CompactionMemory { get; } = new(Options.CompactionMapBytes);

    /// <summary>A producer id that nobody else has or will have.</summary>
    public required Func<CancellationToken, ValueTask<long>> NextProducerId { get; init; }
}
