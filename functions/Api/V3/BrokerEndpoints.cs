using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Api.V3;

/// <summary>The one broker, its configs and the replicas that it has.</summary>
internal sealed class BrokerEndpoints(LogEngine engine)
{
    /// <summary>Paged by topics.</summary>
    private static readonly string PathOfReplicas = $"/brokers/{Brokers.Only}/partition-replicas";

    public async Task ListAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync())
            await call.AnswerAsync(StatusCodes.Status200OK, WriteBrokers, 0);
    }

    public async Task GetAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await FindAsync(context, call))
            await call.AnswerAsync(StatusCodes.Status200OK, WriteBroker, 0);
    }

    public async Task ConfigsAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await FindAsync(context, call))
            await call.AnswerAsync(StatusCodes.Status200OK, BrokerConfigs.Write, $"/brokers/{Brokers.Only}/configs");
    }

    public async Task ConfigsOfAllAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync())
            await call.AnswerAsync(StatusCodes.Status200OK, BrokerConfigs.Write, "/brokers/-/configs");
    }

    public async Task ConfigAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await FindAsync(context, call))
            return;
        var name = RouteParts.Get(context, "broker_config");
        if (BrokerConfigs.Find(name) is { } config)
            await call.AnswerAsync(StatusCodes.Status200OK, BrokerConfigs.Write, config);
        else
            await call.FailAsync(ConfigChanges.UnknownConfig(name));
    }

    /// <summary>PUT and DELETE of one config, and <c>configs:alter</c>: none can be changed.</summary>
    public async Task ChangeConfigAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await FindAsync(context, call))
            await call.FailAsync(BrokerConfigs.WhyNot(context.Request.RouteValues["broker_config"] as string));
    }

    /// <summary>What was set for all brokers: nothing.</summary>
    public async Task ClusterConfigsAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync())
            await call.AnswerAsync(StatusCodes.Status200OK, WriteNothing, ("KafkaClusterConfigList", "/broker-configs"));
    }

    public async Task ClusterConfigAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync())
            await call.FailAsync(ConfigChanges.UnknownConfig(RouteParts.Get(context, "broker_config")));
    }

    public async Task ChangeClusterConfigAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync())
            await call.FailAsync(BrokerConfigs.WhyNot(context.Request.RouteValues["broker_config"] as string));
    }

    public async Task ReplicasAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await FindAsync(context, call) && await call.ListTopicsAsync(PathOfReplicas) is { } page)
            await call.AnswerAsync(StatusCodes.Status200OK, WriteReplicas, page);
    }

    private static async ValueTask<bool> FindAsync(HttpContext context, V3Call call)
    {
        if (!await call.BeginAsync())
            return false;
        var broker = RouteParts.Get(context, "broker");
        return Brokers.Exists(broker) || await call.FailAsync(new ApiError(404, 404, $"Broker {broker} cannot be found."));
    }

    private static void WriteBrokers(Utf8JsonWriter writer, V3Links links, int nothing)
    {
        V3Links.WriteListBegin(writer, "KafkaBrokerList", links.Of("/brokers"));
        WriteBroker(writer, links, nothing);
        V3Links.WriteListEnd(writer);
    }

    private static void WriteBroker(Utf8JsonWriter writer, V3Links links, int nothing)
    {
        var path = $"/brokers/{Brokers.Only}";
        links.WriteBegin(writer, "KafkaBroker", path, $"/broker={Brokers.Only}");
        writer.WriteNumber("broker_id"u8, Brokers.Only);
        links.WriteRelation(writer, "configs", $"{path}/configs");
        links.WriteRelation(writer, "partition_replicas", $"{path}/partition-replicas");
        writer.WriteEndObject();
    }

    private static void WriteReplicas(Utf8JsonWriter writer, V3Links links, (IReadOnlyList<Topic> Topics, string? Next) page)
    {
        links.WriteListBegin(writer, "KafkaReplicaList", PathOfReplicas, page.Next);
        foreach (var topic in page.Topics)
        {
            for (var partition = 0; partition < topic.Partitions; partition++)
                TopicJson.WriteReplica(writer, links, (topic, partition));
        }

        V3Links.WriteListEnd(writer);
    }

    private static void WriteNothing(Utf8JsonWriter writer, V3Links links, (string Kind, string Path) list)
    {
        V3Links.WriteListBegin(writer, list.Kind, links.Of(list.Path));
        V3Links.WriteListEnd(writer);
    }
}
