using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Hosting;

namespace ManagedLog.Functions.Api.V3;

/// <summary>The one broker and the replicas that it has.</summary>
internal sealed class BrokerEndpoints(LogEngine engine, ServiceOptions options)
{
    /// <summary>Paged by topics.</summary>
    private static readonly string PathOfReplicas = $"/brokers/{Brokers.Only}/partition-replicas";

    public async Task ListAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync())
            await call.AnswerAsync(StatusCodes.Status200OK, WriteBrokers, options);
    }

    public async Task GetAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindBrokerAsync())
            await call.AnswerAsync(StatusCodes.Status200OK, WriteBroker, options);
    }

    public async Task ReplicasAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindBrokerAsync() && await call.ListTopicsAsync(PathOfReplicas) is { } page)
            await call.AnswerAsync(StatusCodes.Status200OK, WriteReplicas, page);
    }

    private static void WriteBrokers(Utf8JsonWriter writer, V3Links links, ServiceOptions options)
    {
        V3Links.WriteListBegin(writer, "KafkaBrokerList", links.Of("/brokers"));
        WriteBroker(writer, links, options);
        V3Links.WriteListEnd(writer);
    }

    private static void WriteBroker(Utf8JsonWriter writer, V3Links links, ServiceOptions options)
    {
        var path = $"/brokers/{Brokers.Only}";
        links.WriteBegin(writer, "KafkaBroker", path, $"/broker={Brokers.Only}");
        writer.WriteNumber("broker_id"u8, Brokers.Only);
        writer.WriteString("host"u8, options.AccountAddress?.Host);
        if (options.AccountAddress is { } address)
            writer.WriteNumber("port"u8, address.Port);
        else
            writer.WriteNull("port"u8);
        writer.WriteString("rack"u8, options.Region);
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
}
