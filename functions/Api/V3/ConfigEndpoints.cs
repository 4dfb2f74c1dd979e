using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Describes the configuration of a topic: what was set, and the defaults of the rest. Values are strings.</summary>
internal sealed class ConfigEndpoints(LogEngine engine)
{
    public async Task ListAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindTopicAsync() is { } topic)
            await call.AnswerAsync(StatusCodes.Status200OK, WriteConfigs, topic);
    }

    public async Task GetAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindTopicAsync() is not { } topic)
            return;
        var name = RouteParts.Get(context, "name");
        if (topic.Config.Entries.FirstOrDefault(entry => entry.Name == name) is { } found)
            await call.AnswerAsync(StatusCodes.Status200OK, WriteConfig, (topic, found));
        else
            await call.FailAsync(new ApiError(404, 404, $"Config {name} cannot be found."));
    }

    private static void WriteConfigs(Utf8JsonWriter writer, V3Links links, Topic topic)
    {
        V3Links.WriteListBegin(writer, "KafkaTopicConfigList", links.Of(TopicJson.PathOf(topic) + "/configs"));
        foreach (var entry in topic.Config.Entries)
            WriteConfig(writer, links, (topic, entry));
        V3Links.WriteListEnd(writer);
    }

    private static void WriteConfig(Utf8JsonWriter writer, V3Links links, (Topic Topic, TopicConfigEntry Entry) config)
    {
        var (topic, entry) = config;
        links.WriteBegin(writer, "KafkaTopicConfig", $"{TopicJson.PathOf(topic)}/configs/{entry.Name}", $"/topic={topic.Name}/config={entry.Name}");
        writer.WriteString("topic_name"u8, topic.Name);
        writer.WriteString("name"u8, entry.Name);
        writer.WriteString("value"u8, entry.Value);
        writer.WriteBoolean("is_default"u8, entry.IsDefault);
        writer.WriteBoolean("is_read_only"u8, entry.IsReadOnly);
        writer.WriteBoolean("is_sensitive"u8, entry.IsSensitive);
        writer.WriteString("source"u8, entry.IsDefault ? DefaultSource : TopicSource);
        writer.WriteStartArray("synonyms"u8);
        if (!entry.IsDefault)
            WriteSynonym(writer, entry.Name, entry.Value, TopicSource);
        WriteSynonym(writer, entry.Name, entry.DefaultValue, DefaultSource);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private const string DefaultSource = "DEFAULT_CONFIG";
    private const string TopicSource = "DYNAMIC_TOPIC_CONFIG";

    private static void WriteSynonym(Utf8JsonWriter writer, string name, string value, string source)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, name);
        writer.WriteString("value"u8, value);
        writer.WriteString("source"u8, source);
        writer.WriteEndObject();
    }
}
