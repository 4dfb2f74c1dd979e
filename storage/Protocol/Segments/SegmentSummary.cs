using ManagedLog.Protocol.Identity;

namespace ManagedLog.Protocol.Segments;

/// <summary>What the footer of a rewritten segment says of the batches that stand before it.</summary>
/// <param name="EndOffset">Exclusive.</param>
/// <param name="Bytes">How many bytes the batches take: the position of the footer.</param>
/// <param name="MaxTimestamp">The largest timestamp of a batch, ms since 1970; at least −1.</param>
/// <param name="LeaderEpoch">As the chain gives it for the segment.</param>
/// <param name="Crc">CRC-32C of all <paramref name="Bytes"/> bytes, so that a copy is checked without looking into its batches.</param>
public sealed record SegmentSummary(
    TopicPartition TopicPartition,
    SegmentId Segment,
    long BaseOffset,
    long EndOffset,
    long Bytes,
    long MaxTimestamp,
    int LeaderEpoch,
    long BatchCount,
    long RecordCount,
    uint Crc);
