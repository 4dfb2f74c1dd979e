namespace ManagedLog.Functions.Limits;

/// <summary>
/// Who makes a request, as far as limits go. Whoever knows it sets it as a feature of the request before <see cref="RequestLimits"/> looks; where it is not set, the caller is
/// the address that the request comes from.
/// </summary>
/// <param name="Name">Distinct: requests of the same name share their limits.</param>
/// <param name="Quota">The caller's own; null: the default.</param>
internal sealed record LimitedCaller(string Name, CallerQuota? Quota);
