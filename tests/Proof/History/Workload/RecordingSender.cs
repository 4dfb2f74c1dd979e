using ManagedLog.Proof.History.Events;
using ManagedLog.Proof.Rest;

namespace ManagedLog.Proof.History.Workload;

/// <summary>Makes the attempts of sends, and records them.</summary>
internal sealed class RecordingSender(HistoryRecorder recorder, InstanceChoice instances, AppendClient client)
{
    public AppendClient Client => client;

    public int NextNumber() => recorder.NextNumber();

    /// <summary>One attempt at some instance.</summary>
    public async Task<ProduceResult> TryAsync(Send send, Random random, Func<Uri, Task<ProduceResult>> post)
    {
        var (instance, op) = (instances.Next(random), recorder.NextNumber());
        recorder.Add(Invocation(send, instance, op, send.Records));
        var result = await post(instances[instance]);
        Complete(instance, op, result);
        return result;
    }

    /// <summary>All records in one stream, each an operation of its own.</summary>
    public async Task StreamAsync(Send send, Random random)
    {
        var instance = instances.Next(random);
        var ops = send.Records.Select(_ => recorder.NextNumber()).ToList();
        foreach (var (op, record) in ops.Zip(send.Records))
            recorder.Add(Invocation(send, instance, op, [record]) with { Send = op, Stream = send.Number });
        var results = await client.StreamAsync(instances[instance], send.Target, send.Records);
        // A stream that ended without reports for its last records leaves them open: nothing is known of them.
        foreach (var (op, result) in ops.Zip(results))
            Complete(instance, op, result);
    }

    /// <summary>At some instance.</summary>
    public Uri Any(Random random) => instances[instances.Next(random)];

    private AppendInvoked Invocation(Send send, int instance, int op, IReadOnlyList<Payload> records) =>
        new(recorder.Now, op, send.Producer, send.Kind, instance, send.Target.Topic, send.Target.Partition, [.. records.Select(static record => record.Label)])
        {
            Send = send.Number,
            Keys = send.Target.IsCompacted ? [.. records.Select(static record => record.Key)] : null,
        };

    private void Complete(int instance, int op, ProduceResult result)
    {
        if (result.Outcome != ProduceOutcome.Acknowledged)
            instances.Blame(instance);
        recorder.Add(new AppendCompleted(
            recorder.Now, op, result.Outcome, result.Offsets, result.Status, result.Outcome == ProduceOutcome.Acknowledged ? null : result.Reason));
    }
}
