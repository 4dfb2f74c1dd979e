using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Functions.Hosting;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Where the records of a stream go. The topic is looked up again for each group: a stream may live for hours, and topics change.</summary>
internal sealed class StreamTarget(string topic, LogEngine engine, RecordAppender appender, ServiceOptions options, PlanDefaults defaults)
{
    /// <summary>Set for a single record under an Idempotency-Key: it is planned and numbered as its first time was.</summary>
    public IdempotencyClaim? Claim { get; init; }

    /// <summary>Asked before each group, because a stream may outlive its caller's key; null where it does not go on for long.</summary>
    public Func<CancellationToken, ValueTask<ApiError?>>? CheckCaller { get; init; }

    /// <summary>
    /// A byte of a record takes at most six as JSON (<c>\u0041</c>); the rest is for names and white space. Only what cannot be a good record is stopped by this: the
    /// record itself is held against max.message.bytes.
    /// </summary>
    private const int JsonBytesPerByte = 6;
    private const int JsonBytesAround = 64 * 1024;

    /// <summary>Of the whole stream.</summary>
    public long MaxBytes => options.MaxStreamBytes;

    /// <summary>In ms since 1970.</summary>
    public long Now => Claim?.CreatedAt ?? defaults.Now;

    public async ValueTask<StreamGroup> BeginGroupAsync(CancellationToken cancellationToken)
    {
        if (CheckCaller is { } check && await check(cancellationToken) is { } denied)
            return new StreamGroup(denied);
        var found = await engine.FindTopicAsync(topic, cancellationToken);
        if (Claim is not null && !found.IsRefused)
            found = found.Value with { Partitions = Claim.Partitions };
        return new StreamGroup(found, Claim?.Spread ?? defaults.Spread, Now);
    }

    public async ValueTask<long> MaxDocumentBytesAsync(CancellationToken cancellationToken)
    {
        var found = await engine.FindTopicAsync(topic, cancellationToken);
        return JsonBytesAround + ((long)JsonBytesPerByte * (found.IsRefused ? TopicConfig.Default : found.Value.Config).MaxMessageBytes);
    }

    /// <summary>Reads one record into the group; what is wrong with it is its own error. Throws <see cref="System.Text.Json.JsonException"/> where it is no JSON.</summary>
    public async ValueTask AddAsync(StreamGroup group, RecordForm form, ReadOnlyMemory<byte> document, CancellationToken cancellationToken)
    {
        if (form.Read(document, Now) is { } error)
        {
            group.Fail(error);
            return;
        }

        if (group.Plan is { } plan && form.Record.Partition >= plan.Topic.Partitions && await FindGrownAsync(plan, cancellationToken) is { } grown)
            plan.Refresh(grown);
        group.Add(form, document.Length);
    }

    /// <summary>The topic as it is described now, if it has more partitions than the plan knows of; asked for once in each plan.</summary>
    private async ValueTask<Topic?> FindGrownAsync(AppendPlan plan, CancellationToken cancellationToken)
    {
        if (plan.MissingPartition is not null)
            return null;
        await engine.FindPartitionAsync(topic, plan.Topic.Partitions, cancellationToken);
        var found = await engine.FindTopicAsync(topic, cancellationToken);
        return !found.IsRefused && found.Value.Id == plan.Topic.Id && found.Value.Partitions > plan.Topic.Partitions ? found.Value : null;
    }

    public Task<AppendOutcome> AppendAsync(AppendPlan plan, CancellationToken cancellationToken) => appender.AppendAsync(
        plan, Acks.All, Claim is null ? null : new BatchIdentity(Claim.Producer, 0), cancellationToken);
}
