using System.Globalization;
using System.Text;
using ManagedLog.Proof.Rest;

namespace ManagedLog.Proof.Killing;

/// <summary>
/// What the producers know about the records that they wrote, against what stands in the log. All producers write the same few values, so no value tells who
/// wrote it, and only the counts and the offsets that were told can be compared. May be used by several threads.
/// </summary>
internal sealed class ValueTally(int values)
{
    private readonly Lock _lock = new();
    private readonly long[] _acknowledged = new long[values];
    private readonly long[] _unknown = new long[values];
    private readonly long[] _found = new long[values];
    private readonly Dictionary<long, int> _told = [];

    public long Acknowledged => _acknowledged.Sum();

    public long Unknown => _unknown.Sum();

    public long Found => _found.Sum();

    /// <summary>The offset of the next record that <see cref="Take"/> must be given.</summary>
    public long NextOffset => Found;

    /// <summary>The bytes of a value.</summary>
    public static byte[] ValueOf(int value) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"value {value}"));

    /// <summary>Notes how one request with these values went.</summary>
    /// <exception cref="ProofFailedException">An offset was told that had been told before.</exception>
    public void Note(IReadOnlyList<int> sent, ProduceResult result)
    {
        lock (_lock)
        {
            for (var i = 0; i < sent.Count; i++)
            {
                if (result.Outcome == ProduceOutcome.Unknown)
                    _unknown[sent[i]]++;
                if (result.Outcome != ProduceOutcome.Acknowledged)
                    continue;
                _acknowledged[sent[i]]++;
                if (!_told.TryAdd(result.Offsets[i], sent[i]))
                    throw new ProofFailedException($"Offset {result.Offsets[i]} was told for two records.");
            }
        }
    }

    /// <summary>Takes the records of the log in order, after all producers have ended.</summary>
    /// <exception cref="ProofFailedException">The offsets have a gap, or another value stands at an offset that was told.</exception>
    public void Take(FetchedRecord record)
    {
        if (record.Offset != NextOffset)
            throw new ProofFailedException($"Offset {record.Offset} came where {NextOffset} was due.");
        var value = Enumerable.Range(0, values).FirstOrDefault(candidate => record.Value.AsSpan().SequenceEqual(ValueOf(candidate)), -1);
        if (value < 0)
            throw new ProofFailedException($"Offset {record.Offset} holds a value that nobody wrote.");
        if (_told.TryGetValue(record.Offset, out var told) && told != value)
            throw new ProofFailedException($"Offset {record.Offset} was told for value {told} but holds value {value}.");
        _found[value]++;
    }

    /// <summary>After the last record.</summary>
    /// <exception cref="ProofFailedException">A value is there less often than it was acknowledged, or more often than it can have been written.</exception>
    public void Complete()
    {
        if (_told.Count > 0 && _told.Keys.Max() >= NextOffset)
            throw new ProofFailedException($"Offset {_told.Keys.Max()} was told, but the log ends at {NextOffset}.");
        for (var value = 0; value < values; value++)
        {
            if (_found[value] < _acknowledged[value])
                throw new ProofFailedException($"Value {value} was acknowledged {_acknowledged[value]} times and is there {_found[value]} times.");
            if (_found[value] > _acknowledged[value] + _unknown[value])
                throw new ProofFailedException(
                    $"Value {value} is there {_found[value]} times, but was acknowledged {_acknowledged[value]} times "
                    + $"with {_unknown[value]} outcomes unknown.");
        }
    }

    /// <summary>One line for each value.</summary>
    public IEnumerable<string> Lines() => Enumerable.Range(0, values).Select(value =>
        $"value {value}: acknowledged {_acknowledged[value]:N0}, unknown {_unknown[value]:N0}, found {_found[value]:N0}");
}
