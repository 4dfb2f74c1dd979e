using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Security.Auditing;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Describes and changes the configuration of one topic. A change is all of it or nothing.</summary>
internal sealed class ConfigEndpoints(LogEngine engine, Auditor auditor)
{
    public async Task ListAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindTopicAsync() is { } topic)
            await call.AnswerAsync(StatusCodes.Status200OK, ConfigJson.WriteConfigs, topic);
    }

    public async Task ListOfAllAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.ListTopicsAsync(ConfigJson.OfAll) is { } page)
            await call.AnswerAsync(StatusCodes.Status200OK, ConfigJson.WriteConfigsOfAll, page);
    }

    public async Task GetAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindTopicAsync() is not { } topic)
            return;
        var name = RouteParts.Get(context, "name");
        if (topic.Config.Entries.FirstOrDefault(entry => entry.Name == name) is { } found)
            await call.AnswerAsync(StatusCodes.Status200OK, ConfigJson.WriteConfig, (topic, found));
        else
            await call.FailAsync(ConfigChanges.UnknownConfig(name));
    }

    public async Task SetAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync())
            return;
        var (body, error) = await V3Body.ReadAsync(context, V3Bodies.Default.ConfigValueBody);
        if (body is { IsGiven: false })
            error = FormErrors.Malformed("value is missing; null takes back what was set.");
        if (error is not null)
            await call.FailAsync(error);
        else
            await ChangeAsync(context, call, new Dictionary<string, string?> { [RouteParts.Get(context, "name")] = body!.Value }, validateOnly: false);
    }

    public async Task ResetAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync())
            await ChangeAsync(context, call, new Dictionary<string, string?> { [RouteParts.Get(context, "name")] = null }, validateOnly: false);
    }

    public async Task AlterAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync())
            return;
        var (body, error) = await V3Body.ReadAsync(context, V3Bodies.Default.AlterConfigsBody);
        var changes = new Dictionary<string, string?>();
        if (body is not null)
            error = ConfigChanges.Read("data", body.Data, changes);
        if (error is not null)
            await call.FailAsync(error);
        else
            await ChangeAsync(context, call, changes, body!.ValidateOnly ?? false);
    }

    private async Task ChangeAsync(HttpContext context, V3Call call, Dictionary<string, string?> changes, bool validateOnly)
    {
        if (await call.FindTopicAsync() is not { } topic)
            return;
        if (ConfigChanges.FindUnknown(topic, changes) is { } unknown)
        {
            await call.FailAsync(unknown);
            return;
        }

        var changed = await auditor.RunAsync(
            context, validateOnly ? null : Change.ConfigureTopic(topic.Name, changes), () => engine.ConfigureTopicAsync(topic.Name, changes, validateOnly, context.RequestAborted));
        if (changed.IsRefused)
            await call.FailAsync(ErrorMapping.From(changed.Refusal));
        else
            context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
