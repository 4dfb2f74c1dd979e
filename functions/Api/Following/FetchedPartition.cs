namespace ManagedLog.Functions.Api.Following;

/// <summary>What one partition gives to an answer about several.</summary>
/// <param name="Partition">Goes on behind the last batch.</param>
/// <param name="Batches">Whole ones, in order; none where nothing stands or there is an error.</param>
/// <param name="FromOffset">The first record wanted: the first batch may begin before it. Null where nobody could look it up.</param>
internal sealed record FetchedPartition(FollowedPartition Partition, IReadOnlyList<ReadOnlyMemory<byte>> Batches, long? FromOffset);
