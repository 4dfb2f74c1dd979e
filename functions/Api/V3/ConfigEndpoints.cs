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
        var (changes, error) = await ConfigChanges.ReadValueAsync(context, RouteParts.Get(context, "name"));
        if (error is not null)
            await call.FailAsync(error);
        else
            await ChangeAsync(context, call, changes, validateOnly: false);
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
        var (changes, validateOnly, error) = await ConfigChanges.ReadAlterAsync(context);
        if (error is not null)
            await call.FailAsync(error);
        else
            await ChangeAsync(context, call, changes, validateOnly);
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
