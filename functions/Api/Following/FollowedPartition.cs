using System.Text;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.Following;

/// <summary>One partition that a reader of several (or of one) reads, and how far it has come.</summary>
internal sealed class FollowedPartition
{
    private FollowedPartition(string topicName, int number, Topic? topic, FetchFrom from, ApiError? error)
    {
        TopicName = topicName;
        Number = number;
        Topic = topic;
        From = from;
        Error = error;
    }

    public string TopicName { get; }

    public int Number { get; }

    /// <summary>Null where there is none of that name, or no such partition.</summary>
    public Topic? Topic { get; }

    /// <summary>Where to go on; an offset once the partition was looked at.</summary>
    public FetchFrom From { get; private set; }

    /// <summary>Where to go on, or null while that is a time or an end that nobody has looked up.</summary>
    public long? Next => From.IsEarliest || From.IsLatest || From.IsTimestamp ? null : From.Offset;

    /// <summary>Its ends as of the last look.</summary>
    public PartitionOffsets? Ends { get; set; }

    /// <summary>Why nothing more comes of it.</summary>
    public ApiError? Error { get; private set; }

    /// <summary>What the first look found, until its turn comes.</summary>
    public FetchResult? Held { get; set; }

    /// <summary>It stands at its end and waits there.</summary>
    public TailWatch? Watch { get; set; }

    public static FollowedPartition Of(Topic topic, int number, FetchFrom from) => new(topic.Name, number, topic, from, null);

    /// <summary>One that cannot be read.</summary>
    public static FollowedPartition Missing(string topic, int number, FetchFrom from, ApiError error) => new(topic, number, null, from, error);

    /// <summary>A place in the ids of events whose records somebody else reads.</summary>
    public static FollowedPartition Named(string topic, int number, long next) => new(topic, number, null, FetchFrom.At(next), null);

    public void GoOnAt(long offset) => From = FetchFrom.At(offset);

    public void Fail(ApiError error) => Error = error;

    /// <summary>The place in an event's id up to its offset.</summary>
    public byte[] IdPrefix(bool withTopic) => Encoding.UTF8.GetBytes(EventPosition.PrefixOf(withTopic ? TopicName : null, Number));
}
