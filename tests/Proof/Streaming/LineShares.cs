namespace ManagedLog.Proof.Streaming;

/// <summary>Who writes which line: the lines are dealt to the producers in turn, and each producer writes its own, in order, to one partition.</summary>
internal sealed class LineShares(LineFile file, int producers, int partitions)
{
    public int Producers => producers;

    public int Partitions => partitions;

    public int PartitionOf(int producer) => producer % partitions;

    /// <summary>How many lines a producer writes.</summary>
    public int CountOf(int producer) => (file.Count - producer + producers - 1) / producers;

    /// <summary>A producer's how-many-eth line.</summary>
    public ReadOnlyMemory<byte> Line(ProducerKey key) => file[(key.Sequence * producers) + key.Producer];
}
