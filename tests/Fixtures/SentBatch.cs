using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Fixtures;

/// <summary>A batch as it was sent and answered.</summary>
/// <param name="Producer">Null: it came without one.</param>
internal sealed record SentBatch(long BaseOffset, CompressionCodec Codec, TimestampType TimestampType, BatchIdentity? Producer, IReadOnlyList<Record> Records);
