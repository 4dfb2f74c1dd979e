using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Workload;

/// <summary>Makes fetches, and records them.</summary>
internal sealed class RecordingFetcher(HistoryRecorder recorder, InstanceChoice instances, ReadClient client)
{
    private const int SmallAnswer = 2_000;
    private const int LargeAnswer = 1_000_000;

    public int AnyInstance(Random random) => instances.Next(random);

    /// <param name="from">Null: the earliest.</param>
    /// <returns>Null: no answer, so nothing is known and nothing is recorded but the question.</returns>
    public Task<ReadAnswer?> FromOffsetAsync(string reader, int instance, HistoryTarget target, long? from, FetchManner manner, string? pass = null)
    {
        var invoked = new ReadInvoked(recorder.Now, recorder.NextNumber(), reader, instance, target.Topic, target.Partition, from) { Pass = pass };
        return FetchAsync(invoked, target, from is { } offset ? $"offset={offset}" : "offset=earliest", manner);
    }

    public Task<ReadAnswer?> FromTimeAsync(string reader, int instance, HistoryTarget target, long time, FetchManner manner)
    {
        var invoked = new ReadInvoked(recorder.Now, recorder.NextNumber(), reader, instance, target.Topic, target.Partition, null) { FromTime = time };
        return FetchAsync(invoked, target, $"timestamp={time}", manner);
    }

    private async Task<ReadAnswer?> FetchAsync(ReadInvoked invoked, HistoryTarget target, string position, FetchManner manner)
    {
        recorder.Add(invoked);
        var answer = await client.FetchAsync(
            instances[invoked.Instance], target, position, invoked.From ?? 0, manner.Wait, manner.IsLarge ? LargeAnswer : SmallAnswer, manner.Format);
        if (answer is null)
        {
            instances.Blame(invoked.Instance);
            return null;
        }

        recorder.Add(new ReadCompleted(recorder.Now, invoked.Op, answer.Status, answer.LogStart, answer.HighWatermark, answer.Records) { Next = answer.Next });
        return answer;
    }
}
