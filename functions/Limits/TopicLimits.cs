using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Hosting;

namespace ManagedLog.Functions.Limits;

/// <summary>
/// How many topics and partitions may be made over the interface. Topics are counted by listing them, one storage operation for each thousand; where there are far fewer than may be,
/// the count of the last minute will do. Creations at the same moment on different instances do not see each other, so the number may be passed by as many as these are.
/// </summary>
internal sealed class TopicLimits(LogEngine engine, ServiceOptions options, TimeProvider time)
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);

    private readonly LimitOptions _limits = options.Limits;
    private Counted? _counted;

    public ApiError? FindExcess(int partitions) => partitions > _limits.MaxPartitionsPerTopic ? LimitErrors.TooManyPartitions(_limits.MaxPartitionsPerTopic) : null;

    public async ValueTask<ApiError?> FindExcessAsync(NewTopic asked, CancellationToken cancellationToken)
    {
        if (FindExcess(asked.Partitions ?? 1) is { } error)
            return error;
        if (_counted is not { } counted || counted.Topics >= _limits.MaxTopics / 2 || time.GetElapsedTime(counted.At) >= MaxAge)
        {
            var topics = await engine.ListTopicsAsync(cancellationToken);
            if (topics.IsRefused)
                return ErrorMapping.From(topics.Refusal);
            _counted = counted = new Counted(topics.Value.Count(static topic => !Topic.IsInternalName(topic.Name)), time.GetTimestamp());
        }

        if (counted.Topics >= _limits.MaxTopics)
            return LimitErrors.TooManyTopics(_limits.MaxTopics);
        if (!asked.ValidateOnly)
            _counted = counted with { Topics = counted.Topics + 1 };
        return null;
    }

    private sealed record Counted(int Topics, long At);
}
