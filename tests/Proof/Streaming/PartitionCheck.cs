using ManagedLog.Proof.Rest;

namespace ManagedLog.Proof.Streaming;

/// <summary>
/// Checks what comes back from one partition, record by record: offsets without gaps from 0 on, and from each producer exactly its own lines, each once, in the
/// order and with the content in which they were written.
/// </summary>
internal sealed class PartitionCheck(LineShares shares, int partition)
{
    private readonly int[] _next = new int[shares.Producers];

    /// <summary>The offset of the next record.</summary>
    public long NextOffset { get; private set; }

    /// <summary>The values that came back, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <exception cref="ProofFailedException">It is not the record that must come now.</exception>
    public void Take(FetchedRecord record)
    {
        if (record.Offset != NextOffset)
            throw new ProofFailedException($"Partition {partition}: offset {record.Offset} came where {NextOffset} was due.");
        var key = ProducerKey.Parse(record.Key);
        if (key.Producer < 0 || key.Producer >= shares.Producers || shares.PartitionOf(key.Producer) != partition)
            throw new ProofFailedException($"Partition {partition}, offset {record.Offset}: no producer {key.Producer} wrote here.");
        if (key.Sequence != _next[key.Producer])
            throw new ProofFailedException(
                $"Partition {partition}, offset {record.Offset}: record {key.Sequence} of producer {key.Producer} came "
                + $"where its record {_next[key.Producer]} was due.");
        if (key.Sequence >= shares.CountOf(key.Producer))
            throw new ProofFailedException($"Partition {partition}, offset {record.Offset}: producer {key.Producer} never wrote a record {key.Sequence}.");
        if (record.Value is not { } value || !shares.Line(key).Span.SequenceEqual(value))
            throw new ProofFailedException($"Partition {partition}, offset {record.Offset}: the content differs from what producer {key.Producer} wrote.");
        _next[key.Producer]++;
        NextOffset++;
        Bytes += value.Length;
    }

    /// <exception cref="ProofFailedException">Records are missing.</exception>
    public void Complete()
    {
        for (var producer = 0; producer < shares.Producers; producer++)
        {
            if (shares.PartitionOf(producer) == partition && _next[producer] != shares.CountOf(producer))
                throw new ProofFailedException(
                    $"Partition {partition}: {_next[producer]} records of producer {producer} came back, {shares.CountOf(producer)} were acknowledged.");
        }
    }
}
