using System.Text.Json;
using System.Text.Json.Serialization;
using ManagedLog.Functions.Api.V3;

namespace ManagedLog.Functions.Api.Insight;

/// <summary>The body of <c>POST …/insight/topics/{topic}/search</c>. A record is found that is everything that is given here; nothing given: any record.</summary>
internal sealed class SearchBody : StrictBody
{
    /// <summary>Stands in the key or in the value; case matters.</summary>
    public string? Text { get; set; }

    /// <summary>The key, exactly. A string is found as it is and as JSON (in quotation marks), as the producer's format had it; what else is JSON as JSON.</summary>
    public JsonElement Key { get; set; }

    /// <summary>The key's bytes, instead of <see cref="Key"/>.</summary>
    public string? KeyBase64 { get; set; }

    public SearchHeaderBody? Header { get; set; }

    public SearchJsonBody? Json { get; set; }

    /// <summary>Only this one.</summary>
    public int? PartitionId { get; set; }

    /// <summary>All, also where the key says in which one records with it are.</summary>
    public bool? AllPartitions { get; set; }

    public long? FromOffset { get; set; }

    /// <summary>Exclusive.</summary>
    public long? ToOffset { get; set; }

    /// <summary>Ms since 1970 or ISO 8601.</summary>
    public JsonElement FromTimestamp { get; set; }

    /// <summary>Exclusive.</summary>
    public JsonElement ToTimestamp { get; set; }

    /// <summary><c>oldest</c> or <c>newest</c> first.</summary>
    public string? Order { get; set; }

    public int? MaxMatches { get; set; }

    public long? MaxBytes { get; set; }

    public int? MaxMs { get; set; }

    /// <summary>As the step before answered it.</summary>
    public string? PageToken { get; set; }
}

/// <summary>A header by its name, and by its value in UTF-8 if one is given.</summary>
internal sealed class SearchHeaderBody : StrictBody
{
    public string? Name { get; set; }

    public string? Value { get; set; }
}

/// <summary>A place in a JSON value, and what stands there.</summary>
internal sealed class SearchJsonBody : StrictBody
{
    public string? Path { get; set; }

    /// <summary>A string, a number, true, false or null.</summary>
    [JsonPropertyName("equals")]
    public JsonElement EqualTo { get; set; }

    public string? Contains { get; set; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, MaxDepth = Json.JsonForm.MaxDepth)]
[JsonSerializable(typeof(SearchBody))]
internal sealed partial class InsightBodies : JsonSerializerContext;
