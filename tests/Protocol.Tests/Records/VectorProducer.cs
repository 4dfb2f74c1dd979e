namespace ManagedLog.Protocol.Tests.Records;

/// <summary>The producer fields of a <see cref="BatchVector"/>.</summary>
internal sealed record VectorProducer(long Id, short Epoch, int Sequence);
