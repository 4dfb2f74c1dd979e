using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Security.Auditing;

namespace ManagedLog.Functions.Security;

/// <summary>Stands before every endpoint: nothing is called whose declared <see cref="Access"/> its caller does not have.</summary>
internal sealed class SecurityStep(Authentication authentication, Auditor auditor)
{
    private static readonly string[] Challenges = ["Bearer realm=\"ManagedLog\"", "Basic realm=\"ManagedLog\", charset=\"UTF-8\""];

    public Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        // Where routing found nothing, or no such method, there is nothing to guard: it says so by an endpoint of its own, which is of no route.
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
            return next(context);
        if (endpoint.Metadata.GetMetadata<Access>() is not { } access)
            return Answer.ErrorAsync(context, SecurityErrors.Undeclared);
        if (access.Demand == Demand.Nothing)
            return next(context);
        var identifying = authentication.IdentifyAsync(context);
        return identifying.IsCompletedSuccessfully ? GoOnAsync(context, next, access, identifying.Result) : WaitAsync(context, next, access, identifying);
    }

    private async Task WaitAsync(HttpContext context, RequestDelegate next, Access access, ValueTask<Identification> identifying) =>
        await GoOnAsync(context, next, access, await identifying);

    private Task GoOnAsync(HttpContext context, RequestDelegate next, Access access, Identification identified)
    {
        if (identified.Caller is not { } caller)
            return RefuseAsync(context, identified.Error!);
        context.Features.Set(caller);
        context.Features.Set(caller.Limited);
        if (access.Permission == Permission.Manage)
            return AdministerAsync(context, next, access, caller);
        return PassAsync(context, next, access, caller);
    }

    private static Task PassAsync(HttpContext context, RequestDelegate next, Access access, Caller caller) =>
        access.IsGivenTo(caller, context) ? next(context) : RefuseAsync(context, SecurityErrors.Denied(access.Describe(context)));

    /// <summary>Refused attempts are written down after they were answered, also those that only the endpoint could see to be such.</summary>
    private async Task AdministerAsync(HttpContext context, RequestDelegate next, Access access, Caller caller)
    {
        await PassAsync(context, next, access, caller);
        if (context.Response.StatusCode != StatusCodes.Status403Forbidden)
            return;
        await context.Response.CompleteAsync();
        await auditor.DeniedAsync(context);
    }

    private static Task RefuseAsync(HttpContext context, ApiError error)
    {
        if (error.Status == StatusCodes.Status401Unauthorized)
            context.Response.Headers.WWWAuthenticate = Challenges;
        return Answer.ErrorAsync(context, error);
    }
}
