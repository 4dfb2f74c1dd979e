using System.Diagnostics;

namespace ManagedLog.Benchmarks.Running;

/// <summary>Ways to keep a server busy.</summary>
internal static class Load
{
    /// <summary>So many at once, each sending one after another until the time is over. Answers how many were done in a second.</summary>
    public static async Task<double> RateAsync(int clients, double seconds, Func<int, ValueTask> sendAsync)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var end = startedAt + (long)(seconds * Stopwatch.Frequency);
        var counts = await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            var count = 0L;
            while (Stopwatch.GetTimestamp() < end)
            {
                await sendAsync(client);
                count++;
            }

            return count;
        })));
        return counts.Sum() / Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
    }

    /// <summary>So many in all, so many of them at once. Answers the seconds that it took.</summary>
    public static async Task<double> TimeAsync(int clients, int total, Func<int, ValueTask> sendAsync)
    {
        var left = total;
        var startedAt = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
                await sendAsync(client);
        })));
        return Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
    }

    /// <summary>One each so often, for so long, whether or not those before were answered.</summary>
    public static async Task PaceAsync(double perSecond, double seconds, Func<Task> sendAsync)
    {
        var sent = new List<Task>();
        var startedAt = Stopwatch.GetTimestamp();
        for (var i = 0; i < perSecond * seconds; i++)
        {
            var wait = TimeSpan.FromSeconds(i / perSecond) - Stopwatch.GetElapsedTime(startedAt);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait);
            sent.Add(sendAsync());
        }

        await Task.WhenAll(sent);
    }
}
