namespace ManagedLog.Engine.Log;

/// <summary>The partition's topic is deleted, or being deleted: nothing is appended any more and nothing read.</summary>
internal sealed class PartitionGoneException(string message) : Exception(message);
