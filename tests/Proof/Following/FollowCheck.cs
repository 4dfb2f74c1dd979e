using System.Text;
using ManagedLog.Proof.Rest;

namespace ManagedLog.Proof.Following;

/// <summary>What a reader saw, over all its connections, against what producers were told. May be used by several threads.</summary>
internal sealed class FollowCheck(int partitions)
{
    private readonly Lock _lock = new();
    private readonly long[] _next = new long[partitions];
    private readonly Dictionary<(int Partition, long Offset), string> _told = [];
    private readonly Dictionary<string, (int Partition, long Offset)> _seen = [];

    public long Acknowledged { get; private set; }

    public long Unknown { get; private set; }

    public long Seen => _next.Sum();

    /// <summary>The offset that is due next in a partition.</summary>
    public long Next(int partition)
    {
        lock (_lock)
            return _next[partition];
    }

    /// <summary>Notes how one request went. No value is sent twice.</summary>
    public void Note(int partition, IReadOnlyList<string> values, ProduceResult result)
    {
        lock (_lock)
        {
            if (result.Outcome == ProduceOutcome.Unknown)
                Unknown += values.Count;
            if (result.Outcome != ProduceOutcome.Acknowledged)
                return;
            Acknowledged += values.Count;
            for (var i = 0; i < values.Count; i++)
                _told.Add((partition, result.Offsets[i]), values[i]);
        }
    }

    /// <exception cref="ProofFailedException">It is not the record that is due, or its value was seen before.</exception>
    public void Take(EventRecord record)
    {
        lock (_lock)
        {
            var due = _next[record.Partition];
            if (record.Offset != due)
                throw new ProofFailedException($"Offset {record.Partition}:{record.Offset} came where {record.Partition}:{due} was due.");
            var value = Encoding.ASCII.GetString(record.Value);
            if (!_seen.TryAdd(value, (record.Partition, record.Offset)))
                throw new ProofFailedException($"Value {value} stands at {_seen[value]} and at ({record.Partition}, {record.Offset}).");
            _next[record.Partition]++;
        }
    }

    /// <summary>After the last record.</summary>
    /// <exception cref="ProofFailedException">An acknowledged record was not seen where it was said to be.</exception>
    public void Complete()
    {
        lock (_lock)
        {
            foreach (var ((partition, offset), value) in _told)
            {
                if (!_seen.TryGetValue(value, out var at))
                    throw new ProofFailedException($"Value {value} was acknowledged at {partition}:{offset} and not seen.");
                if (at != (partition, offset))
                    throw new ProofFailedException($"Value {value} was acknowledged at {partition}:{offset} and seen at {at.Partition}:{at.Offset}.");
            }

            if (Seen > Acknowledged + Unknown)
                throw new ProofFailedException($"{Seen} records were seen, but only {Acknowledged} acknowledged, with {Unknown} outcomes unknown.");
        }
    }
}
