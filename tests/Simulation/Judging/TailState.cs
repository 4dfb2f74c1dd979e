namespace ManagedLog.Simulation.Judging;

/// <summary>Whether the active segment can take another append.</summary>
internal enum TailState
{
    Open = 0,

    /// <summary>A seal stands at its end.</summary>
    Sealed,

    /// <summary>No seal, but no room for another block (R12).</summary>
    Full,
}
