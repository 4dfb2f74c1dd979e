using System.Text.Json;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.V3;

/// <summary>
/// The broker's configs: what a topic has that sets nothing, under the names that Kafka's brokers have for it. There is one broker, so what is set for it is set for all.
/// </summary>
internal static class BrokerConfigs
{
    /// <summary>Kafka's names where they differ from those of topics (kafka.apache.org/documentation/#brokerconfigs).</summary>
    private static readonly Dictionary<string, string> BrokerNames = new(StringComparer.Ordinal)
    {
        ["cleanup.policy"] = "log.cleanup.policy",
        ["delete.retention.ms"] = "log.cleaner.delete.retention.ms",
        ["max.compaction.lag.ms"] = "log.cleaner.max.compaction.lag.ms",
        ["max.message.bytes"] = "message.max.bytes",
        ["message.timestamp.after.max.ms"] = "log.message.timestamp.after.max.ms",
        ["message.timestamp.type"] = "log.message.timestamp.type",
        ["min.cleanable.dirty.ratio"] = "log.cleaner.min.cleanable.ratio",
        ["min.compaction.lag.ms"] = "log.cleaner.min.compaction.lag.ms",
        ["retention.bytes"] = "log.retention.bytes",
        ["retention.ms"] = "log.retention.ms",
        ["segment.bytes"] = "log.segment.bytes",
        ["segment.ms"] = "log.roll.ms",
    };

    private static readonly BrokerConfig[] ReadOnly =
        [new("auto.create.topics.enable", "false", null, null), new("default.replication.factor", "1", null, null), new("num.partitions", "1", null, null)];

    /// <summary>All of them, by name.</summary>
    /// <param name="defaults">What is set for all topics.</param>
    public static IReadOnlyList<BrokerConfig> All(TopicConfig defaults) =>
    [
        .. TopicConfig.Default.Entries
            .Select(entry => new BrokerConfig(NameOf(entry.Name), entry.DefaultValue, entry.Name, defaults.Overrides.GetValueOrDefault(entry.Name)))
            .Concat(ReadOnly)
            .OrderBy(config => config.Name, StringComparer.Ordinal),
    ];

    /// <summary>The name that brokers have for a topic's config.</summary>
    public static string NameOf(string topicConfig) => BrokerNames.GetValueOrDefault(topicConfig, topicConfig);

    /// <summary>That there is no such config; for the name that a topic has for one, what brokers call it.</summary>
    public static ApiError Unknown(string name) => BrokerNames.TryGetValue(name, out var ofBrokers)
        ? new ApiError(404, 404, $"Config {name} cannot be found. Brokers call it {ofBrokers}.")
        : ConfigChanges.UnknownConfig(name);

    /// <summary>Turns changes by the names of brokers into changes by the names of topics. An error: one that there is not, or that is read only.</summary>
    public static ApiError? Translate(IReadOnlyDictionary<string, string?> changes, Dictionary<string, string?> translated)
    {
        var known = All(TopicConfig.Default);
        foreach (var (name, value) in changes)
        {
            if (known.FirstOrDefault(config => config.Name == name) is not { } config)
                return Unknown(name);
            if (config.TopicName is not { } topicName)
                return FormErrors.BadParameter($"{name} is read only.");
            translated.Add(topicName, value);
        }

        return null;
    }

    public static void Write(Utf8JsonWriter writer, V3Links links, (IReadOnlyList<BrokerConfig> Configs, string Path) list)
    {
        V3Links.WriteListBegin(writer, "KafkaBrokerConfigList", links.Of(list.Path));
        foreach (var config in list.Configs)
            Write(writer, links, config);
        V3Links.WriteListEnd(writer);
    }

    public static void Write(Utf8JsonWriter writer, V3Links links, BrokerConfig config)
    {
        links.WriteBegin(writer, "KafkaBrokerConfig", $"/brokers/{Brokers.Only}/configs/{config.Name}", $"/broker={Brokers.Only}/config={config.Name}");
        writer.WriteNumber("broker_id"u8, Brokers.Only);
        WriteSetting(writer, config);
    }

    /// <summary>As one that was set for all brokers.</summary>
    public static void WriteOfCluster(Utf8JsonWriter writer, V3Links links, BrokerConfig config)
    {
        links.WriteBegin(writer, "KafkaClusterConfig", $"/broker-configs/{config.Name}", $"/broker-config={config.Name}");
        writer.WriteString("config_type"u8, "BROKER");
        WriteSetting(writer, config);
    }

    public static void WriteOfCluster(Utf8JsonWriter writer, V3Links links, IReadOnlyList<BrokerConfig> configs)
    {
        V3Links.WriteListBegin(writer, "KafkaClusterConfigList", links.Of("/broker-configs"));
        foreach (var config in configs)
            WriteOfCluster(writer, links, config);
        V3Links.WriteListEnd(writer);
    }

    private static void WriteSetting(Utf8JsonWriter writer, BrokerConfig config)
    {
        ConfigSynonym byDefault = new(config.Name, config.DefaultValue, ConfigJson.DefaultSource);
        ConfigJson.WriteSetting(
            writer, config.Name, isReadOnly: config.TopicName is null, isSensitive: false,
            config.SetValue is { } set ? [new(config.Name, set, ConfigJson.ClusterSource), byDefault] : [byDefault]);
        writer.WriteEndObject();
    }
}

/// <summary>One config of the broker.</summary>
/// <param name="TopicName">The topic config of which it is the default; null: it is read only.</param>
/// <param name="SetValue">What was set for all topics; null: nothing.</param>
internal sealed record BrokerConfig(string Name, string DefaultValue, string? TopicName, string? SetValue);
