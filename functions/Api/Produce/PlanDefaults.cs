using ManagedLog.Engine;

namespace ManagedLog.Functions.Api.Produce;

/// <summary>What a record gets that its request does not say.</summary>
internal sealed class PlanDefaults(TimeProvider time, Entropy entropy)
{
    /// <summary>The time of a record without timestamp, in ms since 1970.</summary>
    public long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>0 ≤ value &lt; 1: where records without partition and key begin. Another one each time.</summary>
    public double Spread => entropy.NextDouble();
}
