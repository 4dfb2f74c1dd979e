namespace ManagedLog.Functions.Api.V3;

/// <summary>The body of <c>POST /v3/clusters/{cluster}/api-keys</c>.</summary>
internal sealed class CreateApiKeyBody : StrictBody
{
    /// <summary>For people.</summary>
    public string? Name { get; set; }

    public List<string?>? Scopes { get; set; }

    /// <summary>Left out or null: it does not expire.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>Left out or null: as is configured for everybody.</summary>
    public ApiKeyQuotaBody? Quota { get; set; }
}

/// <summary>What is left out is as is configured for everybody.</summary>
internal sealed class ApiKeyQuotaBody : StrictBody
{
    public double? RequestsPerSecond { get; set; }

    public double? BytesInPerSecond { get; set; }

    public double? BytesOutPerSecond { get; set; }
}
