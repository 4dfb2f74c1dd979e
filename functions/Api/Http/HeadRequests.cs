namespace ManagedLog.Functions.Api.Http;

/// <summary>HEAD is answered as GET is, headers and length included; the server leaves the body out.</summary>
internal static class HeadRequests
{
    private static readonly object Mark = new();

    /// <summary>Whether a request that looks like GET is one: for answers that would go on for long.</summary>
    public static bool IsHead(HttpContext context) => context.Items.ContainsKey(Mark);

    public static async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await next(context);
            return;
        }

        context.Request.Method = HttpMethods.Get;
        context.Items[Mark] = true;
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
