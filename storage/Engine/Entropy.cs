namespace ManagedLog.Engine;

/// <summary>Where ids and jitter come from. Injected, so that a simulation with one seed repeats itself byte for byte. Safe for concurrent use.</summary>
public abstract class Entropy
{
    public abstract Guid NextGuid();

    /// <summary>0 ≤ value &lt; 1.</summary>
    public abstract double NextDouble();

    /// <summary>Between half of <paramref name="span"/> and one and a half of it, so that instances that failed together do not try again together.</summary>
    public TimeSpan Jitter(TimeSpan span) => span * (0.5 + NextDouble());
}
