using System.Text.Json;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.V3;

/// <summary>
/// The broker's configs: what a topic has that sets nothing, under the names that Kafka's brokers have for it. They are fixed. A storage account has no settings, and a
/// default that could change would have to be read beside every topic: each topic says what it wants different.
/// </summary>
internal static class BrokerConfigs
{
    /// <summary>Kafka's names where they differ from those of topics (kafka.apache.org/documentation/#brokerconfigs).</summary>
    private static readonly Dictionary<string, string> BrokerNames = new(StringComparer.Ordinal)
    {
        ["cleanup.policy"] = "log.cleanup.policy",
        ["delete.retention.ms"] = "log.cleaner.delete.retention.ms",
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

    private static readonly IReadOnlyList<BrokerConfig> All =
    [
        .. TopicConfig.Default.Entries
            .Select(entry => new BrokerConfig(BrokerNames.GetValueOrDefault(entry.Name, entry.Name), entry.Value))
            .Concat([new("auto.create.topics.enable", "false"), new("default.replication.factor", "1"), new("num.partitions", "1")])
            .OrderBy(config => config.Name, StringComparer.Ordinal),
    ];

    public static BrokerConfig? Find(string name) => All.FirstOrDefault(config => config.Name == name);

    /// <summary>Why a config cannot be changed.</summary>
    /// <param name="name">Null: several.</param>
    public static ApiError WhyNot(string? name) => name is not null && Find(name) is null
        ? ConfigChanges.UnknownConfig(name)
        : FormErrors.BadParameter(
            $"{name ?? "The broker's configs"} cannot be changed: these defaults are fixed. Set what a topic needs at the topic (PUT …/topics/{{topic}}/configs/{{name}}).");

    public static void Write(Utf8JsonWriter writer, V3Links links, string path)
    {
        V3Links.WriteListBegin(writer, "KafkaBrokerConfigList", links.Of(path));
        foreach (var config in All)
            Write(writer, links, config);
        V3Links.WriteListEnd(writer);
    }

    public static void Write(Utf8JsonWriter writer, V3Links links, BrokerConfig config)
    {
        links.WriteBegin(writer, "KafkaBrokerConfig", $"/brokers/{Brokers.Only}/configs/{config.Name}", $"/broker={Brokers.Only}/config={config.Name}");
        writer.WriteNumber("broker_id"u8, Brokers.Only);
        ConfigJson.WriteSetting(writer, config.Name, config.Value, isReadOnly: true, isSensitive: false, [(config.Value, ConfigJson.DefaultSource)]);
        writer.WriteEndObject();
    }
}

/// <summary>One config of the broker.</summary>
internal sealed record BrokerConfig(string Name, string Value);
