namespace ManagedLog.Simulation.Scheduling;

/// <summary>
/// A stream of numbers that one seed determines for ever, whatever version of .NET runs it (SplitMix64: Steele, Lea, Flood, "Fast Splittable
/// Pseudorandom Number Generators", OOPSLA 2014). Not for concurrent use.
/// </summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong NextUInt64()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A stream of its own: what one part draws does not change what another part sees.</summary>
    public SeededRandom Fork() => new(NextUInt64());

    /// <summary>0 ≤ value &lt; <paramref name="bound"/>.</summary>
    public int Below(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)(((UInt128)NextUInt64() * (ulong)bound) >> 64);
    }

    /// <summary>Both ends included.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    /// <summary>0 ≤ value &lt; 1.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double probability) => NextDouble() < probability;

    /// <summary>Evenly between the two, in whole microseconds.</summary>
    public TimeSpan Between(TimeSpan least, TimeSpan most) =>
        least + TimeSpan.FromMicroseconds(Math.Floor((most - least).TotalMicroseconds * NextDouble()));

    /// <summary>Between the two with each order of magnitude as likely as the next: mostly short, now and then very long.</summary>
    public TimeSpan LogBetween(TimeSpan least, TimeSpan most) =>
        TimeSpan.FromMicroseconds(Math.Floor(least.TotalMicroseconds * Math.Pow(most / least, NextDouble())));

    /// <summary>As above, for numbers of at least 1.</summary>
    public int LogBetween(int least, int most) => (int)(least * Math.Pow((double)most / least, NextDouble()));

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public void Fill(Span<byte> bytes)
    {
        foreach (ref var b in bytes)
            b = (byte)NextUInt64();
    }
}
