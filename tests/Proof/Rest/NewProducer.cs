using System.Text.Json.Serialization;

namespace ManagedLog.Proof.Rest;

/// <summary>A producer id, as it was given.</summary>
internal sealed record NewProducer(
    [property: JsonPropertyName("producer_id")] long ProducerId,
    [property: JsonPropertyName("producer_epoch")] short ProducerEpoch);
