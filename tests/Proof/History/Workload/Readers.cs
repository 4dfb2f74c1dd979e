namespace ManagedLog.Proof.History.Workload;

/// <summary>The readers of a history, each of one partition, at any instance and in any format.</summary>
internal sealed class Readers(RecordingFetcher fetcher, CancellationToken stop)
{
    private const int Ok = 200;
    private const int OutOfRange = 416;
    private const int MostTries = 100;

    private static readonly TimeSpan s_longPoll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    /// <summary>From the earliest record on, waiting at the end for more.</summary>
    public async Task FollowAsync(string name, HistoryTarget target, Random random)
    {
        long? next = null;
        while (!stop.IsCancellationRequested)
            next = await StepAsync(name, target, next, random);
    }

    /// <summary>From the earliest record to the end, again and again.</summary>
    public async Task RereadAsync(string name, HistoryTarget target, Random random)
    {
        while (!stop.IsCancellationRequested)
        {
            var manner = FetchManner.Any(random, TimeSpan.Zero);
            var answer = await fetcher.FromOffsetAsync(name, fetcher.AnyInstance(random), target, null, manner);
            while (answer is { Status: Ok, Next: { } next } && !stop.IsCancellationRequested)
            {
                await PauseAsync(random);
                answer = await fetcher.FromOffsetAsync(name, fetcher.AnyInstance(random), target, next, manner);
            }

            await PauseAsync(random);
        }
    }

    /// <summary>From times between the beginning and now.</summary>
    public async Task ReadByTimeAsync(string name, HistoryTarget target, Random random)
    {
        var began = Now;
        while (!stop.IsCancellationRequested)
        {
            var time = began + random.NextInt64(Now - began + 1);
            await fetcher.FromTimeAsync(name, fetcher.AnyInstance(random), target, time, FetchManner.Any(random, TimeSpan.Zero, byTime: true));
            await PauseAsync(random);
        }
    }

    /// <summary>The whole partition at one instance, after everything else was answered. Begins again where an answer is missing, or retention was faster.</summary>
    public async Task PassAsync(int instance, HistoryTarget target, ReadFormat format)
    {
        var manner = new FetchManner(TimeSpan.Zero, IsLarge: true, format);
        for (var tries = 1; tries <= MostTries; tries++)
        {
            var pass = $"pass {tries} at instance {instance}";
            var answer = await fetcher.FromOffsetAsync("final", instance, target, null, manner, pass);
            while (answer is { Status: Ok, Next: { } next })
                answer = await fetcher.FromOffsetAsync("final", instance, target, next, manner, pass);
            if (answer is { Status: Ok })
                return;
        }
    }

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private static Task PauseAsync(Random random) => Task.Delay(s_pause * (0.5 + random.NextDouble()));

    /// <returns>Where to go on.</returns>
    private async Task<long?> StepAsync(string name, HistoryTarget target, long? next, Random random)
    {
        var answer = await fetcher.FromOffsetAsync(name, fetcher.AnyInstance(random), target, next, FetchManner.Any(random, s_longPoll));
        switch (answer)
        {
            case { Status: Ok, Next: { } following }:
                return following;
            case { Status: Ok }:
                return next;
            case { Status: OutOfRange }:
                // Retention was here.
                return null;
            default:
                await PauseAsync(random);
                return next;
        }
    }
}
