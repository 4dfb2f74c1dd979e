namespace ManagedLog.Proof.History.Workload;

/// <param name="Wait">For a record, where there is none yet.</param>
/// <param name="IsLarge">Many records at once, or a few.</param>
internal sealed record FetchManner(TimeSpan Wait, bool IsLarge, ReadFormat Format)
{
    public static FetchManner Any(Random random, TimeSpan wait, bool byTime = false)
    {
        // Raw answers may begin before the time that was asked for, with the batch that holds it.
        var formats = byTime ? 2 : 3;
        return new FetchManner(wait, random.Next(2) == 0, (ReadFormat)random.Next(formats));
    }
}
