namespace ManagedLog.Fixtures;

/// <summary>What an account holds, and what is to be read from it: see <see cref="LogText"/>.</summary>
internal sealed record Fixture(StorageImage Image, string Log);
