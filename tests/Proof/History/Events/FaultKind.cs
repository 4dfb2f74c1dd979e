namespace ManagedLog.Proof.History.Events;

/// <summary>What is done to a process.</summary>
internal enum FaultKind
{
    /// <summary>SIGKILL to an instance, which is started again.</summary>
    Kill,

    /// <summary>SIGSTOP to an instance, and SIGCONT.</summary>
    Pause,

    /// <summary>The same to the instance that does the housekeeping, for longer than its lease and than an append may take.</summary>
    LongPause,

    /// <summary>The storage emulator is asked to stop, and is started again with the same data where it was.</summary>
    StorageStop,

    /// <summary>SIGSTOP to the storage emulator, and SIGCONT.</summary>
    StoragePause,
}
