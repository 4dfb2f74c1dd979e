namespace ManagedLog.Functions.Api.Metrics;

/// <summary>What was measured under one set of tags. Not safe for concurrent use; its family's lock guards it.</summary>
internal sealed class MetricSeries(KeyValuePair<string, object?>[] tags, double[]? boundaries, MetricSeries? sameHash)
{
    private readonly long[]? _buckets = boundaries is null ? null : new long[boundaries.Length + 1];

    public IReadOnlyList<KeyValuePair<string, object?>> Tags => tags;

    /// <summary>Of all that was measured.</summary>
    public double Sum { get; private set; }

    public long Count { get; private set; }

    /// <summary>How many values lie within each boundary and above the one before, those above all boundaries last. Null for what is no histogram.</summary>
    public IReadOnlyList<long>? Buckets => _buckets;

    /// <summary>Another series of the family that is found under the same hash.</summary>
    public MetricSeries? SameHash => sameHash;

    public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> others)
    {
        if (others.Length != tags.Length)
            return false;
        for (var i = 0; i < tags.Length; i++)
        {
            if (tags[i].Key != others[i].Key || !Equals(tags[i].Value, others[i].Value))
                return false;
        }

        return true;
    }

    /// <param name="isWhole">The value is the sum as it is now.</param>
    public void Take(double value, bool isWhole)
    {
        Sum = isWhole ? value : Sum + value;
        Count++;
        if (_buckets is null)
            return;
        var bucket = Array.BinarySearch(boundaries!, value);
        _buckets[bucket < 0 ? ~bucket : bucket]++;
    }

    public MetricSeries Copy()
    {
        var copy = new MetricSeries(tags, boundaries, null) { Sum = Sum, Count = Count };
        _buckets?.CopyTo(copy._buckets!, 0);
        return copy;
    }
}
