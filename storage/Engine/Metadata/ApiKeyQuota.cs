namespace ManagedLog.Engine.Metadata;

/// <summary>What a key may do, on average, to each instance that takes it. The engine keeps it as it is; whoever takes requests holds to it. Null: as is configured for everybody.</summary>
/// <param name="RequestsPerSecond">Above 0, as the others.</param>
/// <param name="BytesInPerSecond">Of what is sent.</param>
/// <param name="BytesOutPerSecond">Of what is answered.</param>
public sealed record ApiKeyQuota(double? RequestsPerSecond, double? BytesInPerSecond, double? BytesOutPerSecond);
