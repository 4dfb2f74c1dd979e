namespace ManagedLog.Functions.Api.V3;

/// <summary>One place that a config's value can come from.</summary>
internal sealed record ConfigSynonym(string Name, string Value, string Source);
