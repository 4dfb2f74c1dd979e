using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Consumers;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>What every call on a consumer instance begins with, and how its state is changed.</summary>
internal sealed class ConsumerCall(HttpContext context, LogEngine engine, ConsumerEnding ending)
{
    /// <summary>So often a change is made again on what another call has stored meanwhile.</summary>
    public const int MaxTries = 20;

    private static readonly string[] Answers = [.. MediaTypes.V2Answers, .. MediaTypes.SchemaFormatsV2];

    private string Group => RouteParts.Get(context, "group");

    private string Instance => RouteParts.Get(context, "instance");

    /// <summary>Whether an answer without records can be given as the client wants it.</summary>
    public static bool IsAcceptable(HttpRequest request, out string type, out ApiError? error)
    {
        error = null;
        type = AcceptHeader.Choose(request.Headers.Accept, Answers) ?? "";
        if (type.Length > 0)
            return true;
        error = FormErrors.NotAcceptable(request.Headers.Accept.ToString(), [MediaTypes.V2]);
        return false;
    }

    /// <summary>Reads the body of a call whose answer has no records; null is an empty one.</summary>
    public static async ValueTask<(T? Form, ApiError? Error)> ReadAsync<T>(HttpContext context, Func<JsonElement?, (T?, ApiError?)> read)
        where T : class
    {
        if (!IsAcceptable(context.Request, out _, out var error))
            return (null, error);
        (var body, error) = await V2Body.ReadAsync(context);
        using (body)
            return error is null ? read(body?.RootElement) : (null, error);
    }

    /// <summary>The instance as it is stored. One that has expired ends here, as if it had been deleted.</summary>
    public async ValueTask<(StoredConsumer? Stored, ApiError? Error)> FindAsync()
    {
        if (!GroupId.TryParse(Group, out var group) || !MemberId.TryParse(Instance, out var id))
            return (null, ConsumerErrors.NotFound(Group, Instance));
        var found = await engine.Consumers.FindAsync(group, id);
        if (found.IsRefused)
            return (null, ErrorMapping.From(found.Refusal));
        if (found.Value is not { } stored)
            return (null, ConsumerErrors.NotFound(Group, Instance));
        if (!ConsumerInstances.IsExpired(stored))
            return (stored, null);
        var ended = await ending.EndAsync(stored, isExpired: true, context.RequestAborted);
        return (null, ended ?? ConsumerErrors.NotFound(Group, Instance));
    }

    /// <summary>
    /// Changes the state: reads it, lets <paramref name="change"/> decide, and stores what it gives, again from the beginning where another call was faster. What is decided must
    /// do no harm when it is not stored.
    /// </summary>
    public async ValueTask<(StoredConsumer? Stored, ApiError? Error)> ChangeAsync(Func<StoredConsumer, ValueTask<(ConsumerInstance? By, ApiError? Error)>> change)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var (stored, error) = await FindAsync();
            if (stored is null)
                return (null, error);
            (var by, error) = await change(stored);
            if (by is null)
                return (null, error);
            if (by == stored.Instance && !ConsumerInstances.IsToBeRenewed(stored))
                return (stored, null);
            var replaced = await engine.Consumers.ReplaceAsync(stored, by, context.RequestAborted);
            if (replaced.IsRefused)
                return (null, ErrorMapping.From(replaced.Refusal));
            if (replaced.Value is { } now)
                return (now, null);
        }

        return (null, Busy);
    }

    /// <summary>After a call that changed nothing: the instance lives on. That it could not be noted is no reason to withhold an answer.</summary>
    public async ValueTask RenewAsync(StoredConsumer stored)
    {
        if (!ConsumerInstances.IsToBeRenewed(stored))
            return;
        await engine.Consumers.ReplaceAsync(stored, stored.Instance, context.RequestAborted);
        if (stored.Instance is { Mode: ConsumerMode.Subscribed, MemberEpoch: > 0 } member)
            await engine.Groups.HeartbeatAsync(member.Group, new HeartbeatRequest(member.Id, member.MemberEpoch), context.RequestAborted);
    }

    public static ApiError Busy { get; } =
        new(503, 50003, "Other calls on this consumer instance were faster again and again. Nothing was changed; try again.") { RetryAfterSeconds = 1 };

    public Task FailAsync(ApiError error) => Answer.ErrorAsync(context, error);

    /// <summary>Answers 204, or with the error.</summary>
    public Task EndAsync(ApiError? error)
    {
        if (error is not null)
            return FailAsync(error);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    public Task AnswerAsync<TState>(string type, Action<Utf8JsonWriter, TState> write, TState state) => Answer.WriteAsync(context, StatusCodes.Status200OK, type, write, state);
}
