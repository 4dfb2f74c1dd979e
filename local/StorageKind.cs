namespace ManagedLog.Local;

/// <summary>Where the service keeps its data.</summary>
internal enum StorageKind
{
    /// <summary>In the storage emulator: data survive, and any number of instances share them.</summary>
    Azurite,

    /// <summary>In the memory of the one instance: data end with it.</summary>
    Memory,
}
