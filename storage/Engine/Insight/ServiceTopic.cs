using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Insight;

/// <summary>A topic of the service's own, made when it is first needed, perhaps by several instances at once: one of them makes it.</summary>
/// <param name="asked">As it is made; later it is as somebody may have configured it.</param>
internal sealed class ServiceTopic(TopicCatalog topics, NewTopic asked)
{
    public async ValueTask<Result<Topic>> FindAsync()
    {
        var found = await topics.FindAsync(asked.Name, CancellationToken.None);
        if (found.Refusal?.Code == ErrorCode.UnknownTopicOrPartition)
            found = await topics.CreateAsync(asked, CancellationToken.None);
        if (found.Refusal?.Code == ErrorCode.TopicAlreadyExists)
            found = await topics.FindAsync(asked.Name, CancellationToken.None);
        return found;
    }

    /// <summary>One partition, of which records are kept for so long. Retention removes whole segments, so they are not much longer than what it keeps.</summary>
    /// <param name="more">Other configs.</param>
    public static NewTopic Keeping(string name, TimeSpan retention, int segments, params ReadOnlySpan<(string Name, string Value)> more)
    {
        var configs = new Dictionary<string, string?>
        {
            [TopicConfigDefinitions.RetentionMs] = Milliseconds(retention),
            [TopicConfigDefinitions.SegmentMs] = Milliseconds(retention / segments),
        };
        foreach (var (config, value) in more)
            configs[config] = value;
        return new NewTopic(name, Partitions: 1, ReplicationFactor: null, configs, ValidateOnly: false);
    }

    private static string Milliseconds(TimeSpan span) => ((long)Math.Max(1, span.TotalMilliseconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
