using System.Text.Json.Serialization;

namespace ManagedLog.Proof.Rest;

/// <summary>The body of a search; only what is used.</summary>
internal sealed record SearchQuestion(string? Key, string? Text, string Order, [property: JsonPropertyName("all_partitions")] bool AllPartitions)
{
    [JsonPropertyName("page_token")]
    public string? PageToken { get; init; }
}

/// <summary>What one step of it answers; only what is used.</summary>
internal sealed record SearchAnswer(
    SearchedAmount Searched,
    IReadOnlyList<SearchMatch> Matches,
    [property: JsonPropertyName("stopped_because")] string StoppedBecause,
    [property: JsonPropertyName("next_page_token")] string? NextPageToken);

internal sealed record SearchedAmount(long Records, long Bytes, int Partitions, [property: JsonPropertyName("storage_reads")] int StorageReads);

internal sealed record SearchMatch([property: JsonPropertyName("partition_id")] int PartitionId, long Offset);
