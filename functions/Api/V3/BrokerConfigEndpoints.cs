using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Security.Auditing;

namespace ManagedLog.Functions.Api.V3;

/// <summary>
/// The defaults of topics, as configs of the one broker (<c>brokers/0/configs</c>: all of them) and of all brokers (<c>broker-configs</c>: those that were set). To change either
/// changes the same.
/// </summary>
internal sealed class BrokerConfigEndpoints(LogEngine engine, Auditor auditor)
{
    private const string Name = "broker_config";

    public async Task ListAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindBrokerAsync() && await ReadAsync(context, call) is { } all)
            await call.AnswerAsync(StatusCodes.Status200OK, BrokerConfigs.Write, (all, $"/brokers/{Brokers.Only}/configs"));
    }

    public async Task ListOfAllAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync() && await ReadAsync(context, call) is { } all)
            await call.AnswerAsync(StatusCodes.Status200OK, BrokerConfigs.Write, (all, "/brokers/-/configs"));
    }

    public async Task GetAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.FindBrokerAsync() || await ReadAsync(context, call) is not { } all)
            return;
        var name = RouteParts.Get(context, Name);
        if (all.FirstOrDefault(config => config.Name == name) is { } found)
            await call.AnswerAsync(StatusCodes.Status200OK, BrokerConfigs.Write, found);
        else
            await call.FailAsync(BrokerConfigs.Unknown(name));
    }

    public async Task ListOfClusterAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync() && await ReadAsync(context, call) is { } all)
            await call.AnswerAsync(StatusCodes.Status200OK, BrokerConfigs.WriteOfCluster, (IReadOnlyList<BrokerConfig>)[.. all.Where(config => config.SetValue is not null)]);
    }

    public async Task GetOfClusterAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync() || await ReadAsync(context, call) is not { } all)
            return;
        var name = RouteParts.Get(context, Name);
        if (all.FirstOrDefault(config => config.Name == name && config.SetValue is not null) is { } found)
            await call.AnswerAsync(StatusCodes.Status200OK, BrokerConfigs.WriteOfCluster, found);
        else
            await call.FailAsync(BrokerConfigs.Unknown(name));
    }

    public async Task SetAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await BeginAsync(context, call))
            return;
        var (changes, error) = await ConfigChanges.ReadValueAsync(context, RouteParts.Get(context, Name));
        if (error is not null)
            await call.FailAsync(error);
        else
            await ChangeAsync(context, call, changes, validateOnly: false);
    }

    public async Task ResetAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await BeginAsync(context, call))
            await ChangeAsync(context, call, new Dictionary<string, string?> { [RouteParts.Get(context, Name)] = null }, validateOnly: false);
    }

    public async Task AlterAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await BeginAsync(context, call))
            return;
        var (changes, validateOnly, error) = await ConfigChanges.ReadAlterAsync(context);
        if (error is not null)
            await call.FailAsync(error);
        else
            await ChangeAsync(context, call, changes, validateOnly);
    }

    /// <summary>The path names a broker, or none and means all.</summary>
    private static ValueTask<bool> BeginAsync(HttpContext context, V3Call call) =>
        context.Request.RouteValues.ContainsKey("broker") ? call.FindBrokerAsync() : call.BeginAsync();

    private async ValueTask<IReadOnlyList<BrokerConfig>?> ReadAsync(HttpContext context, V3Call call)
    {
        var defaults = await engine.FindDefaultsAsync(context.RequestAborted);
        if (!defaults.IsRefused)
            return BrokerConfigs.All(defaults.Value);
        await call.FailAsync(ErrorMapping.From(defaults.Refusal));
        return null;
    }

    private async Task ChangeAsync(HttpContext context, V3Call call, Dictionary<string, string?> changes, bool validateOnly)
    {
        var translated = new Dictionary<string, string?>();
        if (BrokerConfigs.Translate(changes, translated) is { } error)
        {
            await call.FailAsync(error);
            return;
        }

        var changed = await auditor.RunAsync(
            context, validateOnly ? null : Change.ConfigureDefaults(translated), () => engine.ConfigureDefaultsAsync(translated, validateOnly, context.RequestAborted));
        if (changed.IsRefused)
            await call.FailAsync(ErrorMapping.From(changed.Refusal));
        else
            context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
