using ManagedLog.Functions.Maintenance;

namespace ManagedLog.Functions.Limits;

/// <summary>How requests are counted.</summary>
internal enum RequestKind
{
    /// <summary>It does what it is to do, and is over.</summary>
    Short = 0,

    /// <summary>It may take long while nothing happens: fetches, and streams in either direction. Counted apart, so that they leave room for others.</summary>
    MayWait,

    /// <summary>It says whether the instance lives, or is the platform's own: answered however much there is to do.</summary>
    NotLimited,
}

/// <summary>Which request is of which kind: by the pattern of its route, and by whether its body has a known end.</summary>
internal static class RequestKinds
{
    public static RequestKind Of(HttpContext context)
    {
        if ((context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is not { } text)
            return RequestKind.Short;
        var pattern = text.AsSpan().Trim('/');
        if (pattern is "" or "health" or "health/live" or "health/ready" or HousekeepingTimer.FunctionName)
            return RequestKind.NotLimited;
        if (pattern.EndsWith("/records:fetch", StringComparison.Ordinal))
            return RequestKind.MayWait;
        return pattern.EndsWith("/records", StringComparison.Ordinal) && !IsOfKnownLength(context.Request) ? RequestKind.MayWait : RequestKind.Short;
    }

    /// <summary>Not a stream: all of it is there, or comes at a rate that the server sees to.</summary>
    public static bool IsOfKnownLength(HttpRequest request) => HttpMethods.IsPost(request.Method) && request.ContentLength is not null;
}
