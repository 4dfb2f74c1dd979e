using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Functions.Api.V3;

/// <summary><c>POST /v3/clusters/{cluster}/producers</c>: an id for a producer that numbers its batches itself, so that a retry of one is recognised. Never given twice.</summary>
internal sealed class ProducerEndpoint(LogEngine engine)
{
    public async Task CreateAsync(HttpContext context)
    {
        var cluster = RouteParts.Get(context, "cluster");
        if (cluster != engine.ClusterId)
        {
            await Answer.ErrorAsync(context, FormErrors.UnknownCluster(cluster));
            return;
        }

        var producer = await engine.NewProducerAsync(context.RequestAborted);
        if (producer.IsRefused)
            await Answer.ErrorAsync(context, ErrorMapping.From(producer.Refusal));
        else
            await Answer.WriteAsync(context, StatusCodes.Status201Created, MediaTypes.Json, Write, (cluster, producer.Value));
    }

    private static void Write(Utf8JsonWriter writer, (string Cluster, ProducerIdentity Producer) answer)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "KafkaProducer"u8);
        writer.WriteString("cluster_id"u8, answer.Cluster);
        writer.WriteNumber("producer_id"u8, answer.Producer.Id);
        writer.WriteNumber("producer_epoch"u8, answer.Producer.Epoch);
        writer.WriteEndObject();
    }
}
