using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.V3;

namespace ManagedLog.Functions.Api.Insight;

/// <summary>One step of a search on the server. The answer says what was searched, what was found, why it stopped, and how to go on.</summary>
internal sealed class SearchEndpoint(LogEngine engine)
{
    public async Task SearchAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindTopicAsync() is not { } topic)
            return;
        var (body, error) = await V3Body.ReadAsync(context, InsightBodies.Default.SearchBody);
        if (body is null || !SearchForm.TryMake(body, topic, out var request, out error))
        {
            await call.FailAsync(error!);
            return;
        }

        var found = await engine.Insight.SearchAsync(topic, request, context.RequestAborted);
        if (found.IsRefused)
        {
            await call.FailAsync(ErrorMapping.From(found.Refusal));
            return;
        }

        var token = found.Value.Next is { } next ? SearchToken.Write(next, SearchToken.HashOf(body, topic)) : null;
        await call.AnswerAsync(StatusCodes.Status200OK, SearchJson.Write, (topic, request, found.Value, token));
    }
}
