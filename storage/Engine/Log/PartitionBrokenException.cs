namespace ManagedLog.Engine.Log;

/// <summary>
/// What is stored, or what we believed of it, violates an invariant. The partition's writer stops, everybody who waits for it learns why, other partitions go on.
/// </summary>
internal sealed class PartitionBrokenException(string message) : Exception(message);
