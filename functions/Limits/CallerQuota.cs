using ManagedLog.Engine.Metadata;

namespace ManagedLog.Functions.Limits;

/// <summary>What a caller may do to one instance, on average, with a second's worth at once. 0 is no quota.</summary>
/// <param name="BytesInPerSecond">Of request bodies.</param>
/// <param name="BytesOutPerSecond">Of the bodies of answers, before they are compressed.</param>
internal readonly record struct CallerQuota(double RequestsPerSecond, double BytesInPerSecond, double BytesOutPerSecond)
{
    /// <summary>That of a key: where it says nothing, this one holds.</summary>
    public CallerQuota With(ApiKeyQuota own) =>
        new(own.RequestsPerSecond ?? RequestsPerSecond, own.BytesInPerSecond ?? BytesInPerSecond, own.BytesOutPerSecond ?? BytesOutPerSecond);
}
