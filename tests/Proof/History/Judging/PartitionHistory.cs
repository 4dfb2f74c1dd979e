using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Judging;

/// <summary>What happened to one partition.</summary>
internal sealed class PartitionHistory(string topic, int partition, bool mayShrink, IReadOnlyList<Append> appends, IReadOnlyList<Read> reads)
{
    public string Name { get; } = $"{topic}-{partition}";

    /// <summary>Retention removes old records.</summary>
    public bool MayShrink => mayShrink;

    /// <summary>It is compacted, and tombstones stay at least for so long; null: it is not compacted.</summary>
    public TimeSpan? DeleteRetention { get; init; }

    /// <summary>What compaction may take away; null: nothing.</summary>
    public CompactionRights? Rights => DeleteRetention is null ? null : field ??= new CompactionRights(this);

    /// <summary>In the order of their invocations.</summary>
    public IReadOnlyList<Append> Appends { get; } = [.. appends.OrderBy(static append => append.Invoked.At)];

    /// <summary>Those that were answered, in the order of their invocations.</summary>
    public IReadOnlyList<Read> Reads { get; } = [.. reads.OrderBy(static read => read.Invoked.At)];

    /// <summary>By label, what is known about each record that was sent, from all attempts.</summary>
    public IReadOnlyDictionary<string, SentRecord> Sent => field ??= appends
        .SelectMany(static append => append.Invoked.Values.Select((label, index) => (Label: label, Index: index, Append: append)))
        .GroupBy(static sent => sent.Label)
        .ToDictionary(static sent => sent.Key, static sent => new SentRecord(sent.Key, [.. sent.Select(static one => (one.Append, one.Index))]));

    /// <summary>By offset, what readers saw.</summary>
    public IReadOnlyDictionary<long, IReadOnlyList<Sighting>> Seen => field ??= reads
        .SelectMany(static read => read.Records.Select(record => new Sighting(record, read)))
        .GroupBy(static sighting => sighting.Record.Offset)
        .ToDictionary(static seen => seen.Key, static seen => (IReadOnlyList<Sighting>)[.. seen.OrderBy(static sighting => sighting.Read.Completed.At)]);

    /// <summary>By label, the offsets at which readers saw it; one, unless something is wrong.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<long>> Places => field ??= Seen
        .SelectMany(static seen => seen.Value.Select(sighting => (sighting.Record.Value, seen.Key)))
        .Distinct()
        .GroupBy(static place => place.Value)
        .ToDictionary(static places => places.Key, static places => (IReadOnlyList<long>)[.. places.Select(static place => place.Key).Order()]);

    /// <summary>The passes that came to the end of the partition.</summary>
    public IReadOnlyList<FinalPass> Passes => field ??= [.. reads
        .Where(static read => read.Invoked.Pass is not null)
        .GroupBy(static read => read.Invoked.Pass)
        .Select(pass => FinalPass.Of([.. pass.OrderBy(static read => read.Invoked.At)], DeleteRetention is not null))
        .OfType<FinalPass>()];

    /// <summary>Where a record was seen, otherwise where it was said to be; null: nobody knows.</summary>
    public long? OffsetOf(string label) => Places.TryGetValue(label, out var places) ? places[0] : Sent.GetValueOrDefault(label)?.Told is [var told, ..] ? told : null;

    /// <summary>Whether records may be missing from an offset on, up to another, in an answer of that time.</summary>
    public bool MayBeGone(long offset, long end, long at) => Rights is { } rights && rights.MayBeGone(offset, end, at);

    /// <summary>When somebody was first told that a record stands at an offset, its producer or a reader.</summary>
    public long KnownAt(string label, long offset)
    {
        var acknowledged = Sent.GetValueOrDefault(label)?.AcknowledgedAt ?? long.MaxValue;
        var seen = Seen.TryGetValue(offset, out var sightings) && sightings[0].Record.Value == label ? sightings[0].Read.Completed.At : long.MaxValue;
        return Math.Min(acknowledged, seen);
    }

    public Anomaly Wrong(AnomalyKind kind, string what) => new(kind, Name, what);
}
