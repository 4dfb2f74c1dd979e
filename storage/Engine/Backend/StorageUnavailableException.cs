namespace ManagedLog.Engine.Backend;

/// <summary>
/// Storage did not answer a read, or answered a write with <see cref="OutcomeStatus.Throttled"/> or <see cref="OutcomeStatus.Unknown"/>, and retrying did not help.
/// Internal to the engine: it ends one step of a longer procedure (open, roll, refresh) and is turned into a refusal where the procedure began; nobody may conclude
/// from it that a write did not happen.
/// </summary>
internal sealed class StorageUnavailableException(string message) : Exception(message);
