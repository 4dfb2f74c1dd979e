namespace ManagedLog.Benchmarks.Running;

/// <summary>How much is measured.</summary>
/// <param name="Pairs">A B, A B, …: so many.</param>
/// <param name="Seconds">How long one half of a pair takes, where time is what ends it.</param>
/// <param name="Megabytes">How much one half carries, where that is what ends it.</param>
internal sealed record Effort(int Pairs, double Seconds, int Megabytes)
{
    public static Effort Full { get; } = new(7, 2, 64);

    public static Effort Quick { get; } = new(3, 1, 24);
}
