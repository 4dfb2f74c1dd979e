namespace ManagedLog.Functions.Api.Http;

/// <summary>HEAD is answered as GET is, headers and length included; the server leaves the body out.</summary>
internal static class HeadRequests
{
    public static async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await next(context);
            return;
        }

        context.Request.Method = HttpMethods.Get;
        try
        {
            await next(context);
        }
        finally
        {
            context.Request.Method = HttpMethods.Head;
        }
    }
}
