using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Limits;
using Microsoft.AspNetCore.Connections;

namespace ManagedLog.Functions.Api.Errors;

/// <summary>The outermost step: gives every failure a JSON body, also those that no endpoint sees (unknown path, wrong method, broken body, defect of ours).</summary>
internal sealed class ErrorAnswers(ILogger<ErrorAnswers> logger)
{
    public async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        ApiError? error = null;
        try
        {
            await next(context);
            error = OfStatus(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to hear it.
        }
        catch (ConnectionResetException)
        {
            // The same, told first to whoever read the body.
        }
        catch (RequestRefusedException exception)
        {
            error = exception.Error;
        }
        catch (BadHttpRequestException exception)
        {
            error = new ApiError(exception.StatusCode, exception.StatusCode, exception.Message);
        }
        catch (IOException exception) when (exception.InnerException is OverflowException)
        {
            // The server's word for a chunk whose length is no number that fits.
            error = new ApiError(400, 400, "The body's chunks are malformed.");
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "{Method} {Path} failed.", context.Request.Method, context.Request.Path);
            error = new ApiError(500, 50002, "The service failed; its log tells why.");
        }

        if (error is { Status: StatusCodes.Status405MethodNotAllowed } && !context.Response.HasStarted)
            error = AnswerMethods(context, error);
        if (error is null)
            return;
        if (context.Response.HasStarted)
            context.Abort();
        else
            await Answer.ErrorAsync(context, error);
    }

    /// <summary>Completes what routing knows of the methods of a path. To ask for them (OPTIONS) is not an error.</summary>
    private static ApiError? AnswerMethods(HttpContext context, ApiError error)
    {
        var allowed = context.Response.Headers.Allow.ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToList();
        if (allowed.Contains(HttpMethods.Get))
            allowed.Add(HttpMethods.Head);
        allowed.Add(HttpMethods.Options);
        context.Response.Headers.Allow = string.Join(", ", allowed.Distinct());
        if (!HttpMethods.IsOptions(context.Request.Method))
            return error;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return null;
    }

    /// <summary>What routing answered with a bare status.</summary>
    private static ApiError? OfStatus(HttpContext context)
    {
        if (context.Response.HasStarted || context.Response.ContentType is not null)
            return null;
        var path = context.Request.Path.Value ?? "/";
        return context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => FormErrors.NotFound(path),
            StatusCodes.Status405MethodNotAllowed => FormErrors.MethodNotAllowed(context.Request.Method, path),
            _ => null,
        };
    }
}
