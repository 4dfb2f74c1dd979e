namespace ManagedLog.Proof.Groups;

/// <summary>What the consumers of a group have done with each record, and whether that is as it must be. Safe for concurrent use.</summary>
internal sealed class GroupTally(int partitions)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, string>[] _processedBy = [.. Enumerable.Range(0, partitions).Select(_ => new Dictionary<long, string>())];
    private readonly long[] _committed = new long[partitions];
    private readonly HashSet<string> _excused = [];

    public long Processed { get; private set; }

    /// <summary>Records that were processed again.</summary>
    public long Again { get; private set; }

    public long Distinct
    {
        get
        {
            lock (_lock)
                return _processedBy.Sum(static records => (long)records.Count);
        }
    }

    /// <summary>What of it may be given out again: it was killed, or was told that it does not have a partition any more.</summary>
    public void Excuse(string consumer)
    {
        lock (_lock)
            _excused.Add(consumer);
    }

    /// <summary>What is committed before a poll cannot be given out by it.</summary>
    public long[] Committed()
    {
        lock (_lock)
            return [.. _committed];
    }

    public void Process(string consumer, IReadOnlyList<(int Partition, long Offset)> records, long[] committedBefore)
    {
        lock (_lock)
        {
            foreach (var (partition, offset) in records)
            {
                Processed++;
                if (_processedBy[partition].TryGetValue(offset, out var before))
                {
                    Again++;
                    if (offset < committedBefore[partition])
                        throw new ProofFailedException($"{consumer} was given {partition}:{offset}, and {committedBefore[partition]} had been committed before it asked.");
                    if (!_excused.Contains(before))
                        throw new ProofFailedException($"{consumer} was given {partition}:{offset}, which {before} had processed, who is there and has lost nothing.");
                }

                _processedBy[partition][offset] = consumer;
            }
        }
    }

    public void Commit(IReadOnlyDictionary<int, long> processed)
    {
        lock (_lock)
        {
            foreach (var (partition, offset) in processed)
                _committed[partition] = Math.Max(_committed[partition], offset + 1);
        }
    }

    /// <summary>How many records below the ends nobody has processed.</summary>
    public long Missing(IReadOnlyList<long> ends)
    {
        lock (_lock)
            return ends.Select((end, partition) => end - _processedBy[partition].Keys.Count(offset => offset < end)).Sum();
    }
}
