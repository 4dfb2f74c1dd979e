namespace ManagedLog.Proof.Load;

/// <param name="Duration">Of the load, and a fourth of it before, in which the well-behaved caller is alone.</param>
/// <param name="Clients">All at once.</param>
/// <param name="MemoryLimit">What the instance may have of the machine at most, in bytes.</param>
/// <param name="MostTimesSlower">How many times as long as alone the well-behaved caller may wait beside the others: half of its requests.</param>
internal sealed record LoadSettings(TimeSpan Duration, int Clients, long MemoryLimit, double MostTimesSlower)
{
    /// <summary>Of each caller: the well-behaved one stays below, the flooding one does not. All callers together have what the emulator on a small machine bears.</summary>
    public const int RequestsPerSecond = 50;
    public const int BytesInPerSecond = 500_000;
    public const int BytesOutPerSecond = 1_000_000;

    /// <summary>Of the well-behaved caller.</summary>
    public const int PoliteRequestsPerSecond = 20;

    /// <summary>Fewer waits than there are clients that want to wait, so that the instance refuses some for its own sake.</summary>
    public int MaxWaiting => Math.Max(1, Clients / 5);
}
