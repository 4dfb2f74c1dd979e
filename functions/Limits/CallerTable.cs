using System.Collections.Concurrent;
using System.Net;
using ManagedLog.Functions.Hosting;

namespace ManagedLog.Functions.Limits;

/// <summary>The callers of the last minute, and of all requests under way. So many at most; those beyond share one place, so that nobody fills memory with addresses.</summary>
internal sealed class CallerTable(ServiceOptions options, InstanceUse instance, IConfiguration configuration, TimeProvider time)
{
    public const int MaxCallers = 10_000;

    private static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<CallerKey, CallerUse> _callers = new();
    private readonly CallerQuota _default = options.Limits.DefaultQuota;
    private readonly CallerUse _others = new(instance, options.Limits, time);
    private readonly bool _isBehindHost = FunctionsHost.IsPresent(configuration);
    private long _sweptAt = time.GetTimestamp();

    public int Count => _callers.Count;

    public CallerUse Find(HttpContext context, out CallerQuota quota)
    {
        var caller = context.Features.Get<LimitedCaller>();
        quota = caller?.Quota ?? _default;
        return Find(caller is not null ? CallerKey.Of(caller.Name) : CallerKey.Of(AddressOf(context)));
    }

    public CallerUse Find(CallerKey key)
    {
        if (_callers.TryGetValue(key, out var known))
            return known;
        if (_callers.Count >= MaxCallers && !Sweep())
            return _others;
        return _callers.GetOrAdd(key, static (_, table) => table.Begin(), this);
    }

    private CallerUse Begin() => new(instance, options.Limits, time);

    /// <summary>
    /// Under the Functions host every request comes from the host, and the platform's front end has written down, behind whatever was there, whom it got the request from. Anywhere
    /// else such a header is only what a client says.
    /// </summary>
    private IPAddress? AddressOf(HttpContext context)
    {
        if (_isBehindHost && context.Request.Headers["X-Forwarded-For"] is [.., { } header])
        {
            var last = header.AsSpan(header.LastIndexOf(',') + 1).Trim();
            if (IPEndPoint.TryParse(last, out var address))
                return address.Address;
        }

        return context.Connection.RemoteIpAddress;
    }

    /// <summary>Whether there is room now.</summary>
    private bool Sweep()
    {
        var sweptAt = Interlocked.Read(ref _sweptAt);
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(sweptAt, now) < SweepInterval || Interlocked.CompareExchange(ref _sweptAt, now, sweptAt) != sweptAt)
            return false;
        foreach (var (key, use) in _callers)
        {
            if (use.IsIdleFor(IdleTime))
                _callers.TryRemove(key, out _);
        }

        return _callers.Count < MaxCallers;
    }
}
