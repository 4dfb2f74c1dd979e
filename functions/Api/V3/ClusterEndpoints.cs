using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Api.V3;

/// <summary>The one cluster and its one broker.</summary>
internal sealed class ClusterEndpoints(LogEngine engine)
{
    public async Task ListAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync())
            await call.AnswerAsync(StatusCodes.Status200OK, WriteClusters, 0);
    }

    public async Task GetAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync())
            await call.AnswerAsync(StatusCodes.Status200OK, WriteCluster, 0);
    }

    public async Task BrokersAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync())
            await call.AnswerAsync(StatusCodes.Status200OK, WriteBrokers, 0);
    }

    public async Task BrokerAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync())
            return;
        var broker = RouteParts.Get(context, "broker");
        if (Brokers.Exists(broker))
            await call.AnswerAsync(StatusCodes.Status200OK, WriteBroker, 0);
        else
            await call.FailAsync(new ApiError(404, 404, $"Broker {broker} cannot be found."));
    }

    private static void WriteClusters(Utf8JsonWriter writer, V3Links links, int nothing)
    {
        V3Links.WriteListBegin(writer, "KafkaClusterList", links.Clusters);
        WriteCluster(writer, links, nothing);
        V3Links.WriteListEnd(writer);
    }

    private static void WriteCluster(Utf8JsonWriter writer, V3Links links, int nothing)
    {
        links.WriteBegin(writer, "KafkaCluster", "", "");
        links.WriteRelation(writer, "controller", $"/brokers/{Brokers.Only}");
        links.WriteRelation(writer, "acls", "/acls");
        links.WriteRelation(writer, "brokers", "/brokers");
        links.WriteRelation(writer, "broker_configs", "/broker-configs");
        links.WriteRelation(writer, "consumer_groups", "/consumer-groups");
        links.WriteRelation(writer, "topics", "/topics");
        links.WriteRelation(writer, "partition_reassignments", "/topics/-/partitions/-/reassignment");
        writer.WriteEndObject();
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
}
