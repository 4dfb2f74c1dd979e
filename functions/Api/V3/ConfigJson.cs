using System.Text.Json;
using ManagedLog.Engine.Metadata;

namespace ManagedLog.Functions.Api.V3;

/// <summary>How the configuration of a topic looks in v3: what was set, and the defaults of the rest. Values are strings.</summary>
internal static class ConfigJson
{
    /// <summary>The path of the configs of all topics, which is paged by topics.</summary>
    public const string OfAll = "/topics/-/configs";

    public const string DefaultSource = "DEFAULT_CONFIG";
    public const string ClusterSource = "DYNAMIC_DEFAULT_BROKER_CONFIG";
    private const string TopicSource = "DYNAMIC_TOPIC_CONFIG";

    public static void WriteConfigs(Utf8JsonWriter writer, V3Links links, Topic topic)
    {
        V3Links.WriteListBegin(writer, "KafkaTopicConfigList", links.Of(TopicJson.PathOf(topic) + "/configs"));
        foreach (var entry in topic.Config.Entries)
            WriteConfig(writer, links, (topic, entry));
        V3Links.WriteListEnd(writer);
    }

    public static void WriteConfigsOfAll(Utf8JsonWriter writer, V3Links links, (IReadOnlyList<Topic> Topics, string? Next) page)
    {
        links.WriteListBegin(writer, "KafkaTopicConfigList", OfAll, page.Next);
        foreach (var topic in page.Topics)
        {
            foreach (var entry in topic.Config.Entries)
                WriteConfig(writer, links, (topic, entry));
        }

        V3Links.WriteListEnd(writer);
    }

    public static void WriteConfig(Utf8JsonWriter writer, V3Links links, (Topic Topic, TopicConfigEntry Entry) config)
    {
        var (topic, entry) = config;
        links.WriteBegin(writer, "KafkaTopicConfig", $"{TopicJson.PathOf(topic)}/configs/{entry.Name}", $"/topic={topic.Name}/config={entry.Name}");
        writer.WriteString("topic_name"u8, topic.Name);
        var synonyms = new List<ConfigSynonym>(3);
        if (!entry.IsDefault)
            synonyms.Add(new(entry.Name, entry.Value, TopicSource));
        if (entry.ClusterDefault is { } ofCluster)
            synonyms.Add(new(BrokerConfigs.NameOf(entry.Name), ofCluster, ClusterSource));
        synonyms.Add(new(BrokerConfigs.NameOf(entry.Name), entry.DefaultValue, DefaultSource));
        WriteSetting(writer, entry.Name, entry.IsReadOnly, entry.IsSensitive, synonyms);
        writer.WriteEndObject();
    }

    /// <summary>What all kinds of configs have in common.</summary>
    /// <param name="synonyms">Where the value could come from, the first of which it does.</param>
    public static void WriteSetting(
        Utf8JsonWriter writer, string name, bool isReadOnly, bool isSensitive, IReadOnlyList<ConfigSynonym> synonyms)
    {
        writer.WriteString("name"u8, name);
        writer.WriteString("value"u8, synonyms[0].Value);
        writer.WriteBoolean("is_default"u8, synonyms[0].Source == DefaultSource);
        writer.WriteBoolean("is_read_only"u8, isReadOnly);
        writer.WriteBoolean("is_sensitive"u8, isSensitive);
        writer.WriteString("source"u8, synonyms[0].Source);
        writer.WriteStartArray("synonyms"u8);
        foreach (var synonym in synonyms)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, synonym.Name);
            writer.WriteString("value"u8, synonym.Value);
            writer.WriteString("source"u8, synonym.Source);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
