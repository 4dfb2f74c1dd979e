namespace ManagedLog.Protocol.Identity;

/// <summary>
/// What makes a batch recognisable wherever it is read again: its producer and the sequence of its first record. Two batches with
/// the same identity are the same batch, two writers never share one.
/// </summary>
public readonly record struct BatchIdentity(ProducerIdentity Producer, int BaseSequence)
{
    /// <summary>Sequences count records and wrap from 2³¹ − 1 to 0 (KIP-98).</summary>
    public static int Advance(int sequence, int records) => (int)(((long)sequence + records) & int.MaxValue);
}
