using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Consumers;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Hosting;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>Creates and deletes consumer instances.</summary>
internal sealed class ConsumerEndpoints(LogEngine engine, ConsumerEnding ending, ServiceOptions options, TimeProvider time, Entropy entropy)
{
    public async Task CreateAsync(HttpContext context)
    {
        if (!ConsumerCall.IsAcceptable(context.Request, out var type, out var error))
        {
            await Answer.ErrorAsync(context, error!);
            return;
        }

        (var form, error) = await ReadAsync(context);
        var name = RouteParts.Get(context, "group");
        if (error is null && !GroupId.TryParse(name, out _))
            error = FormErrors.Unprocessable($"A group's name has 1 to {GroupId.MaxCharacters} characters, {GroupNames.Rule}.");
        StoredConsumer? created = null;
        if (error is null)
            (created, error) = await CreateAsync(name, form!, context.RequestAborted);
        if (error is not null)
        {
            await Answer.ErrorAsync(context, error);
            return;
        }

        if (form!.Ignored.Count > 0)
            context.Response.Headers.Append("Warning", $"299 - \"{string.Join(", ", form.Ignored)}: taken, and without meaning here\"");
        var instance = created!.Instance;
        var uri = $"{PublicUrl.Of(context.Request)}/consumers/{Uri.EscapeDataString(name)}/instances/{Uri.EscapeDataString(instance.Id.Value)}";
        await Answer.WriteAsync(context, StatusCodes.Status200OK, type, WriteCreated, (instance.Id.Value, uri));
    }

    public async Task DeleteAsync(HttpContext context)
    {
        var call = new ConsumerCall(context, engine, ending);
        if (!ConsumerCall.IsAcceptable(context.Request, out _, out var error))
        {
            await call.FailAsync(error!);
            return;
        }

        // Again where a poll that was under way has stored how far it came.
        var tries = 0;
        do
        {
            (var stored, error) = await call.FindAsync();
            if (stored is not null)
                error = await ending.EndAsync(stored, isExpired: false, context.RequestAborted);
        }
        while (error == ConsumerCall.Busy && ++tries < ConsumerCall.MaxTries);
        await call.EndAsync(error);
    }

    private async ValueTask<(NewConsumerForm? Form, ApiError? Error)> ReadAsync(HttpContext context)
    {
        var (body, error) = await V2Body.ReadAsync(context);
        using (body)
            return error is null ? NewConsumerForm.Read(body?.RootElement, options.ConsumerInstanceTimeout) : (null, error);
    }

    private async ValueTask<(StoredConsumer? Created, ApiError? Error)> CreateAsync(string group, NewConsumerForm form, CancellationToken cancellationToken)
    {
        var name = form.Name ?? $"rest-consumer-{entropy.NextGuid():N}";
        if (!GroupId.TryParse(group, out var groupId) || !MemberId.TryParse(name, out var id))
            throw new InvalidOperationException("Names are checked before.");
        while (true)
        {
            var instance = new ConsumerInstance(groupId, id, form.Settings) { CommittedAt = time.GetUtcNow().ToUnixTimeMilliseconds() };
            var created = await engine.Consumers.CreateAsync(instance, cancellationToken);
            if (created.IsRefused)
                return (null, ErrorMapping.From(created.Refusal));
            if (created.Value is not null)
                return (created.Value, null);
            var standing = await engine.Consumers.FindAsync(groupId, id);
            if (standing.IsRefused)
                return (null, ErrorMapping.From(standing.Refusal));
            if (standing.Value is { } other && !ConsumerInstances.IsExpired(other))
                return (null, ConsumerErrors.Exists(group, name));
            if (standing.Value is { } expired && await ending.EndAsync(expired, isExpired: true, cancellationToken) is { } error)
                return (null, error);
        }
    }

    private static void WriteCreated(Utf8JsonWriter writer, (string Id, string Uri) created)
    {
        writer.WriteStartObject();
        writer.WriteString("instance_id"u8, created.Id);
        writer.WriteString("base_uri"u8, created.Uri);
        writer.WriteEndObject();
    }
}
