namespace ManagedLog.Functions.Hosting;

/// <summary>Where the log is kept.</summary>
internal enum StorageKind
{
    /// <summary>In an Azure Storage account, or its emulator.</summary>
    Azure = 0,

    /// <summary>In this process, and lost with it: to try things out.</summary>
    Memory,
}
