using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Consumers;

/// <summary>A consumer instance as it was read or written, with what it takes to put another state in its place.</summary>
/// <param name="Age">How long ago it was written, by the storage service's clock.</param>
public sealed record StoredConsumer(ConsumerInstance Instance, TimeSpan Age)
{
    internal ETag ETag { get; init; }

    internal IReadOnlyList<string> Writes { get; init; } = [];
}
