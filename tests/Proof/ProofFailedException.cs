namespace ManagedLog.Proof;

/// <summary>Something that the service promises was seen not to hold. The message says what, and where.</summary>
internal sealed class ProofFailedException(string message) : Exception(message);
