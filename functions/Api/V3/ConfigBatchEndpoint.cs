using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Security;
using ManagedLog.Functions.Security.Auditing;

namespace ManagedLog.Functions.Api.V3;

/// <summary>
/// <c>POST …/topics/-/configs:alter</c>: changes the configuration of several topics, each by itself. A topic or config that does not exist refuses the whole request
/// before anything is changed; what fails after that is listed in an answer of 207, and the other topics are changed.
/// </summary>
internal sealed class ConfigBatchEndpoint(LogEngine engine, Auditor auditor)
{
    public async Task AlterAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync())
            return;
        var (body, error) = await V3Body.ReadAsync(context, V3Bodies.Default.AlterTopicsBody);
        var changes = new Dictionary<string, Dictionary<string, string?>>();
        if (body is not null)
            error = Read(body, changes) ?? FindDenied(Caller.Of(context), changes.Keys) ?? await FindMissingAsync(changes, context.RequestAborted);
        if (error is not null)
        {
            await call.FailAsync(error);
            return;
        }

        var validateOnly = body!.ValidateOnly ?? false;
        var failures = new List<(string Topic, ApiError Error)>();
        foreach (var (topic, configs) in changes)
        {
            var change = validateOnly ? null : Change.ConfigureTopic(topic, configs);
            var changed = await auditor.RunAsync(context, change, () => engine.ConfigureTopicAsync(topic, configs, validateOnly, context.RequestAborted));
            if (changed.IsRefused)
                failures.Add((topic, ErrorMapping.From(changed.Refusal)));
        }

        if (failures.Count == 0)
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        else
            await call.AnswerAsync(StatusCodes.Status207MultiStatus, WriteFailures, failures);
    }

    private static ApiError? Read(AlterTopicsBody body, Dictionary<string, Dictionary<string, string?>> changes)
    {
        if (body.Data is null)
            return FormErrors.Malformed("data is missing; it is a list of topics with their configs.");
        foreach (var topic in body.Data)
        {
            if (topic?.TopicName is not { } name)
                return FormErrors.Malformed("Each of data must be an object with a topic_name.");
            if (topic.Unknown is { Count: > 0 } unknown)
                return FormErrors.UnknownMember("A topic", unknown.Keys.First());
            var configs = new Dictionary<string, string?>();
            if (ConfigChanges.Read("configs", topic.Configs, configs) is { } error)
                return error;
            if (!changes.TryAdd(name, configs))
                return FormErrors.BadParameter($"Topic {name} is given twice.");
        }

        return null;
    }

    private static ApiError? FindDenied(Caller caller, IEnumerable<string> topics) =>
        topics.FirstOrDefault(topic => !caller.May(Permission.Manage, Resource.Topic(topic))) is { } denied ? SecurityErrors.Denied(Permission.Manage, Resource.Topic(denied)) : null;

    private async ValueTask<ApiError?> FindMissingAsync(Dictionary<string, Dictionary<string, string?>> changes, CancellationToken cancellationToken)
    {
        foreach (var (name, configs) in changes)
        {
            var topic = await engine.FindTopicAsync(name, cancellationToken);
            if (topic.IsRefused)
                return ErrorMapping.From(topic.Refusal);
            if (ConfigChanges.FindUnknown(topic.Value, configs) is { } unknown)
                return unknown;
        }

        return null;
    }

    private static void WriteFailures(Utf8JsonWriter writer, V3Links links, List<(string Topic, ApiError Error)> failures)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("failures"u8);
        foreach (var (topic, error) in failures)
        {
            writer.WriteStartObject();
            writer.WriteString("topic_name"u8, topic);
            writer.WriteNumber("error_code"u8, error.Code);
            writer.WriteString("message"u8, error.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
