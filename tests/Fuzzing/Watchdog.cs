namespace ManagedLog.Fuzzing;

/// <summary>Ends the process when one run takes too long: it has met an endless loop, and nothing else could say which.</summary>
internal sealed class Watchdog : IDisposable
{
    private readonly Timer _timer;

    public Watchdog(Fuzzer fuzzer, TimeSpan limit)
    {
        var seen = -1L;
        _timer = new Timer(
            _ =>
            {
                var current = fuzzer.Current;
                if (current >= 0 && current == seen)
                {
                    Console.WriteLine($"Run {current} did not end within {limit.TotalSeconds:F0} s. Repeat it with: {fuzzer.Repeat(current)}");
                    Environment.Exit(3);
                }

                seen = current;
            },
            null,
            limit,
            limit);
    }

    public void Dispose() => _timer.Dispose();
}
