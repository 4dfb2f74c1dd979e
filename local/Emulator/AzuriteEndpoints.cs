namespace ManagedLog.Local.Emulator;

/// <summary>Where one emulator listens: addresses without account and trailing slash.</summary>
internal sealed record AzuriteEndpoints(string Blob, string Table);
