namespace ManagedLog.Engine.Backend;

/// <summary>The lease of one blob: who took it last, and until when. Pure; the time is always given.</summary>
/// <remarks>Rules: learn.microsoft.com/rest/api/storageservices/lease-blob, "Lease states".</remarks>
internal readonly record struct InMemoryLease(Guid LeaseId, TimeSpan Duration, DateTimeOffset ExpiresAt)
{
    public static InMemoryLease Take(Guid leaseId, TimeSpan duration, DateTimeOffset now) => new(leaseId, duration, now + duration);

    public bool IsActive(DateTimeOffset now) => now < ExpiresAt;

    public InMemoryLease Renew(DateTimeOffset now) => this with { ExpiresAt = now + Duration };
}
