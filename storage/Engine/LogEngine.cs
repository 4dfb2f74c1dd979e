using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using Microsoft.Extensions.Logging;

namespace ManagedLog.Engine;

/// <summary>
/// One stateless instance over one storage account: everything that the interface needs. Any number of instances may run over the same account.
/// All methods may be called concurrently. A cancelled token ends the caller's wait and never a write.
/// </summary>
public sealed class LogEngine(IStorageBackend backend, EngineOptions options, TimeProvider time, Entropy entropy, ILogger logger) : IAsyncDisposable
{
    private readonly object[] _parts = [backend, options, time, entropy, logger];

    /// <summary>A random id, the same on every instance over this account. Known once started.</summary>
    public string ClusterId => throw new NotSupportedException();

    /// <summary>Prepares container and tables, learns the cluster id, takes a block of producer ids. Throws when storage cannot be reached.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Refuses with UNKNOWN_TOPIC_OR_PARTITION.</summary>
    public ValueTask<Result<Topic>> FindTopicAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>All topics by name, internal ones too.</summary>
    public ValueTask<Result<IReadOnlyList<Topic>>> ListTopicsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Refuses with INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_CONFIG.</summary>
    public ValueTask<Result<Topic>> CreateTopicAsync(NewTopic topic, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Raises the partition count. Refuses with INVALID_PARTITIONS when it would not grow.</summary>
    public ValueTask<Result<Topic>> GrowTopicAsync(string name, int partitions, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Answers once the topic is marked and every partition sealed: nothing is appended to it from then on, whoever tries.</summary>
    public ValueTask<Result<Nothing>> DeleteTopicAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Appends batches to one partition. Refusals: see <see cref="Protocol.Errors.ErrorCode"/>; REQUEST_TIMED_OUT means that the outcome is unknown.</summary>
    public ValueTask<Result<AppendResult>> AppendAsync(Topic topic, int partition, AppendRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Reads from one partition. Refuses with UNKNOWN_TOPIC_OR_PARTITION or OFFSET_OUT_OF_RANGE (naming the valid range).</summary>
    public ValueTask<Result<FetchResult>> FetchAsync(Topic topic, int partition, FetchRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>The ends of one partition, freshly read.</summary>
    public ValueTask<Result<PartitionOffsets>> OffsetsAsync(Topic topic, int partition, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
