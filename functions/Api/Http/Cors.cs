using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Api.Following;
using ManagedLog.Functions.Hosting;
using Microsoft.Extensions.Primitives;

namespace ManagedLog.Functions.Api.Http;

/// <summary>
/// Lets pages of other origins use the interface (the Fetch standard's CORS protocol). Nothing here goes by cookies, so credentials are never allowed, and any origin may be
/// without giving a page more than its visitor's address.
/// </summary>
internal sealed class Cors(ServiceOptions options)
{
    private const string Methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    /// <summary>Of a preflight's answer, in seconds: as long as browsers keep one.</summary>
    private const string MaxAge = "7200";

    /// <summary>What a page may read of an answer, beside what every page may.</summary>
    private static readonly string Exposed = string.Join(
        ", ",
        "Location",
        "Retry-After",
        "Allow",
        "Preference-Applied",
        FetchEndpoint.LogStartOffsetHeader,
        FetchEndpoint.HighWatermarkHeader,
        FetchEndpoint.LogEndOffsetHeader,
        FollowEndpoint.LastEventIdHeader);

    private readonly IReadOnlyList<string> _origins = [.. options.CorsOrigins.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    public Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        if (_origins.Count == 0)
            return next(context);
        var request = context.Request;
        var response = context.Response;
        var isAny = _origins.Contains("*");
        if (!isAny)
            response.Headers.Append("Vary", "Origin");
        if (StringValues.IsNullOrEmpty(request.Headers.Origin))
            return next(context);

        var origin = request.Headers.Origin.ToString();
        var isAllowed = isAny || _origins.Contains(origin, StringComparer.OrdinalIgnoreCase);
        if (isAllowed)
            response.Headers.AccessControlAllowOrigin = isAny ? "*" : origin;
        if (HttpMethods.IsOptions(request.Method) && request.Headers.AccessControlRequestMethod.Count > 0)
            return PreflightAsync(context, origin, isAllowed);
        if (isAllowed)
            response.Headers.AccessControlExposeHeaders = Exposed;
        return next(context);
    }

    /// <summary>Says yes to every path and method: what is not there, the request itself learns.</summary>
    private static Task PreflightAsync(HttpContext context, string origin, bool isAllowed)
    {
        if (!isAllowed)
            return Answer.ErrorAsync(context, new ApiError(403, 403, $"Pages of {origin} may not use this service (ManagedLog:CorsOrigins)."));
        var headers = context.Response.Headers;
        headers.Append("Vary", "Access-Control-Request-Headers");
        headers.AccessControlAllowMethods = Methods;
        if (context.Request.Headers.AccessControlRequestHeaders is { Count: > 0 } asked)
            headers.AccessControlAllowHeaders = asked;
        headers.AccessControlMaxAge = MaxAge;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
