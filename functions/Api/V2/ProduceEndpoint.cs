using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Functions.Hosting;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Functions.Api.V2;

/// <summary>
/// <c>POST /topics/{topic}</c> and <c>POST /topics/{topic}/partitions/{partition}</c>. A request that is refused for its form appends nothing; what fails later is
/// each record's own error, unless nothing was appended and all failed alike: then it is the request's.
/// </summary>
internal sealed class ProduceEndpoint(LogEngine engine, RecordAppender appender, Idempotency idempotency, ServiceOptions options, PlanDefaults defaults)
{
    public Task ToTopicAsync(HttpContext context) => ProduceAsync(context, partition: null);

    public Task ToPartitionAsync(HttpContext context) => ProduceAsync(context, RouteParts.Get(context, "partition"));

    private async Task ProduceAsync(HttpContext context, string? partition)
    {
        if (AcceptHeader.Choose(context.Request.Headers.Accept, MediaTypes.V2Answers) is null)
            await Answer.ErrorAsync(context, FormErrors.NotAcceptable(context.Request.Headers.Accept.ToString(), [MediaTypes.V2]));
        else if (!ProduceQuery.TryRead(context.Request, out var query, out var error))
            await Answer.ErrorAsync(context, error);
        else if (!ProducerHeaders.TryRead(context.Request.Headers, out var producer, out error) || !Idempotency.TryRead(context.Request.Headers, out var key, out error))
            await Answer.ErrorAsync(context, error);
        else if (key is not null && (producer is not null || query.Acks != Acks.All))
            await Answer.ErrorAsync(context, FormErrors.Unprocessable($"{Idempotency.Header} needs acks=all and goes without {ProducerHeaders.Id}. Nothing was appended."));
        else if (await FindAsync(context, partition) is not { } target)
            return;
        else
            await ProduceAsync(context, query, target, producer, key);
    }

    /// <summary>Answers the request itself when topic or partition do not exist.</summary>
    private async ValueTask<(Topic Topic, int? Partition)?> FindAsync(HttpContext context, string? partition)
    {
        var name = RouteParts.Get(context, "topic");
        var found = await engine.FindTopicAsync(name, context.RequestAborted);
        if (found.IsRefused)
        {
            await Answer.ErrorAsync(context, TopicErrors.ForTopic(found.Refusal, name));
            return null;
        }

        if (partition is null)
            return (found.Value, null);
        if (RouteParts.TryPartition(partition, out var number))
            found = await engine.FindPartitionAsync(name, number, context.RequestAborted);
        if (number >= 0 && !found.IsRefused)
            return (found.Value, number);
        await Answer.ErrorAsync(context, found.IsRefused ? TopicErrors.ForPartition(found.Refusal) : FormErrors.UnknownPartition(name, partition));
        return null;
    }

    private async Task ProduceAsync(HttpContext context, ProduceQuery query, (Topic Topic, int? Partition) target, BatchIdentity? producer, string? key)
    {
        AppendPlan plan;
        using (var body = await RequestBody.ReadAsync(context.Request, options.MaxProduceBytes, context.RequestAborted))
        {
            ApiError? error;
            (plan, error) = body is null
                ? (new AppendPlan(target.Topic, spread: 0, now: 0), FormErrors.BodyTooLarge(options.MaxProduceBytes))
                : await PlanAsync(body.Bytes, query, target, context.RequestAborted);
            if (error is null && key is not null && (error = Idempotency.Check(plan)) is null)
            {
                // Only a request that could be carried out takes a key. It is then planned as its first time was.
                (var claim, error) = await idempotency.ClaimAsync(key, plan.Topic, context.Request, body!.Bytes);
                if (claim is not null)
                {
                    plan = new AppendPlan(plan.Topic with { Partitions = claim.Partitions }, claim.Spread, claim.CreatedAt) { BatchBytes = claim.BatchBytes };
                    error = query.Read(body.Bytes, plan, target.Partition) ?? Idempotency.Check(plan);
                    producer = new BatchIdentity(claim.Producer, 0);
                }
            }
            else if (error is null && producer is not null)
                error = ProducerHeaders.Check(plan);
            if (error is not null)
            {
                await Answer.ErrorAsync(context, error);
                return;
            }
        }

        var outcome = await appender.AppendAsync(plan, query.Acks, producer, context.RequestAborted);
        if (outcome.CommonError is { } common)
            await Answer.ErrorAsync(context, common);
        else if (query.IsAsync)
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        else
            await Answer.WriteAsync(context, query.Acks == Acks.None ? StatusCodes.Status202Accepted : StatusCodes.Status200OK, MediaTypes.V2, WriteOffsets, outcome);
    }

    private async ValueTask<(AppendPlan Plan, ApiError? Error)> PlanAsync(
        ReadOnlyMemory<byte> body, ProduceQuery query, (Topic Topic, int? Partition) target, CancellationToken cancellationToken)
    {
        var now = defaults.Now;
        var plan = new AppendPlan(target.Topic, defaults.Spread, now);
        var error = query.Read(body, plan, target.Partition);
        if (error is not null || plan.MissingPartition is not { } missing)
            return (plan, error);

        // The topic may have grown on another instance since it was remembered here. It is asked for once; where it did not grow, the plan stands.
        await engine.FindPartitionAsync(target.Topic.Name, missing, cancellationToken);
        var again = await engine.FindTopicAsync(target.Topic.Name, cancellationToken);
        if (again.IsRefused || again.Value.Partitions == target.Topic.Partitions)
            return (plan, null);
        plan = new AppendPlan(again.Value, defaults.Spread, now);
        return (plan, query.Read(body, plan, target.Partition));
    }

    private static void WriteOffsets(Utf8JsonWriter writer, AppendOutcome outcome)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("offsets"u8);
        foreach (var record in outcome.Records)
            WriteOffset(writer, outcome, record);
        writer.WriteEndArray();
        writer.WriteNull("key_schema_id"u8);
        writer.WriteNull("value_schema_id"u8);
        writer.WriteEndObject();
    }

    private static void WriteOffset(Utf8JsonWriter writer, AppendOutcome outcome, in PlannedRecord record)
    {
        writer.WriteStartObject();
        if (outcome.ErrorOf(record) is { } error)
        {
            writer.WriteNull("partition"u8);
            writer.WriteNull("offset"u8);
            writer.WriteNumber("error_code"u8, error.Code);
            writer.WriteString("error"u8, error.Message);
        }
        else
        {
            writer.WriteNumber("partition"u8, record.Partition);
            if (outcome.PlaceOf(record).Offset is { } offset)
                writer.WriteNumber("offset"u8, offset);
            else
                writer.WriteNull("offset"u8);
            writer.WriteNull("error_code"u8);
            writer.WriteNull("error"u8);
        }

        writer.WriteEndObject();
    }
}
