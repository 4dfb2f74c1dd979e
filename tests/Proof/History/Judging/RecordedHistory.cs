using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Judging;

/// <summary>Events put together: each request with its answer, each partition by itself.</summary>
internal sealed class RecordedHistory
{
    private RecordedHistory(IReadOnlyList<PartitionHistory> partitions, IReadOnlyList<InjectedFault> faults, IReadOnlyList<InstanceBroken> broken)
    {
        Partitions = partitions;
        Faults = faults;
        Broken = broken;
    }

    public IReadOnlyList<PartitionHistory> Partitions { get; }

    public IReadOnlyList<InjectedFault> Faults { get; }

    public IReadOnlyList<InstanceBroken> Broken { get; }

    /// <summary>What instances said of compacting.</summary>
    public IReadOnlyList<CompactionRan> Compactions { get; private init; } = [];

    /// <exception cref="InvalidDataException">The events do not fit together.</exception>
    public static RecordedHistory From(IReadOnlyList<HistoryEvent> events)
    {
        var appended = ByNumber(events.OfType<AppendCompleted>(), static completed => completed.Op);
        var answered = ByNumber(events.OfType<ReadCompleted>(), static completed => completed.Op);
        var healed = ByNumber(events.OfType<FaultEnded>(), static ended => ended.Fault);
        var appends = events.OfType<AppendInvoked>()
            .Select(invoked => Complete(invoked, appended.GetValueOrDefault(invoked.Op)))
            .ToLookup(static append => (append.Invoked.Topic, append.Invoked.Partition));
        var reads = events.OfType<ReadInvoked>()
            .Where(invoked => answered.ContainsKey(invoked.Op))
            .Select(invoked => new Read(invoked, answered[invoked.Op]))
            .ToLookup(static read => (read.Invoked.Topic, read.Invoked.Partition));
        var partitions =
            from topic in events.OfType<TopicDeclared>()
            from partition in Enumerable.Range(0, topic.Partitions)
            let place = (topic.Topic, partition)
            select new PartitionHistory(topic.Topic, partition, topic.MayShrink, [.. appends[place]], [.. reads[place]])
            {
                DeleteRetention = topic.DeleteRetentionMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
            };
        var faults = events.OfType<FaultBegan>().Select(began => new InjectedFault(began, healed.GetValueOrDefault(began.Fault)?.At));
        return new RecordedHistory([.. partitions], [.. faults], [.. events.OfType<InstanceBroken>()]) { Compactions = [.. events.OfType<CompactionRan>()] };
    }

    private static Dictionary<int, T> ByNumber<T>(IEnumerable<T> events, Func<T, int> number) => events.ToDictionary(number);

    private static Append Complete(AppendInvoked invoked, AppendCompleted? completed)
    {
        var append = new Append(invoked, completed);
        return !append.IsAcknowledged || completed!.Offsets.Count == invoked.Values.Count
            ? append
            : throw new InvalidDataException($"Operation {invoked.Op} appended {invoked.Values.Count} records and was told {completed.Offsets.Count} offsets.");
    }
}
