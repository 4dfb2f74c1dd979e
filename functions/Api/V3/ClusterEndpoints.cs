using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.V3;

/// <summary>The one cluster.</summary>
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

    /// <summary>Whatever is asked about ACLs: there are none; what a caller may do stands in its API key or its token (Kafka's SECURITY_DISABLED).</summary>
    public async Task AclsAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync())
            await call.FailAsync(FormErrors.BadParameter("There are no ACLs here: what a caller may do stands in the scopes of its API key or the roles of its token."));
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
}
