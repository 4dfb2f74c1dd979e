using System.Globalization;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata;

/// <summary>
/// Every name that the engine stores anything under, on one screen. Numbers in names are padded, so that their order as text is their order as numbers.
/// </summary>
/// <remarks>
/// <code>
/// table      PartitionKey           RowKey                     what
/// cluster    cluster                identity                   the cluster id, written once
/// cluster    cluster                producer-ids               the next free producer id
/// cluster    cluster                defaults                   what is set for all topics
/// cluster    keys                   {prefix}                   an API key: the hash of its secret, and what it is for
/// cluster    cluster                housekeeping               who did the housekeeping when it last had something to do
/// cluster    groups                 {group}                    that there is, or was just now, a group by this name
/// topics     topics                 topic-{name}               a topic
/// topics     topics                 clash-{name, '.' as '_'}   keeps a.b and a_b from existing both
/// topics     topics                 id-{topicId}               a topic id that was used: no late creation can use it again
/// topics     topics                 deleted-{topicId}          a deleted topic whose bytes are still to be freed
/// partitions {topicId}-{partition}  head                       a partition's head: the one record that names its chain
/// partitions {topicId}-{partition}  segment-{base:D20}         a sealed segment
/// partitions {topicId}-{partition}  checkpoint                 the last checkpoint of the active segment
/// idempotency {day, yyyyMMdd}       {hash of topic id and key} what an Idempotency-Key was first used for
/// groups     {group}                head                       a group's members and how its partitions are shared out: all that they agree on
/// groups     {group}                member-{member}            a member: whoever acts in its name replaces this row too
/// groups     {group}                owner-{topicId}-{partition:D6}  which member has a partition
/// groups     {group}                offset-{topicId}-{partition:D6} how far the group has read a partition
/// groups     {group}                instance-{instance}        a consumer instance of the REST interface
/// due        due                    {ms:D15}-{topicId}-{partition:D6} a partition to look at, and from when on
/// due        due                    {ms:D15}-group-{group}     a group to look at, and from when on
///
/// blob       controller                                        empty; its lease elects who does the housekeeping
/// blob       {topicId}/{partition:D6}/{base:D20}-{segmentId}.log
/// blob       {topicId}/{partition:D6}/{base:D20}-{end:D20}-{rewriteId}.segment
/// blob       {topicId}/{partition:D6}/{base:D20}-{segmentId}.producers
/// blob       {topicId}/{partition:D6}/{base:D20}-{segmentId}-{position:D20}-{id}.checkpoint
/// </code>
/// </remarks>
public static class StorageLayout
{
    public const string ClusterTable = "cluster";
    public const string TopicsTable = "topics";
    public const string PartitionsTable = "partitions";
    public const string IdempotencyTable = "idempotency";
    public const string DueTable = "due";
    public const string GroupsTable = "groups";

    public const string ClusterPartitionKey = "cluster";
    public const string IdentityRowKey = "identity";
    public const string ProducerIdsRowKey = "producer-ids";
    public const string DefaultsRowKey = "defaults";
    public const string HousekeepingRowKey = "housekeeping";

    /// <summary>Of API keys; their RowKey is the part of the key that is no secret.</summary>
    public const string ApiKeysPartitionKey = "keys";

    /// <summary>In the cluster's table: the names of groups, which stand under partition keys of their own and could not be listed otherwise.</summary>
    public const string GroupNamesPartitionKey = "groups";

    public const string TopicsPartitionKey = "topics";

    /// <summary>Row keys of topics: from the first, below the second.</summary>
    public const string TopicRowKeyPrefix = "topic-";
    public const string TopicRowKeyEnd = "topic.";

    /// <summary>Row keys of deleted topics: from the first, below the second.</summary>
    public const string DeletedTopicRowKeyPrefix = "deleted-";
    public const string DeletedTopicRowKeyEnd = "deleted.";

    public const string DuePartitionKey = "due";

    /// <summary>No topic id, so no blob of a topic has this name.</summary>
    public const string ControllerBlob = "controller";

    public const string SegmentBlobSuffix = ".segment";

    public const string HeadRowKey = "head";

    public const string CheckpointRowKey = "checkpoint";

    /// <summary>Row keys of chain rows: from the first, below the second.</summary>
    public const string SegmentRowKeyPrefix = "segment-";
    public const string SegmentRowKeyEnd = "segment.";

    /// <summary>Row keys of a group's members, owners and offsets: each from the first, below the second.</summary>
    public const string MemberRowKeyPrefix = "member-";
    public const string MemberRowKeyEnd = "member.";
    public const string OwnerRowKeyPrefix = "owner-";
    public const string OwnerRowKeyEnd = "owner.";
    public const string OffsetRowKeyPrefix = "offset-";
    public const string OffsetRowKeyEnd = "offset.";

    /// <summary>Row keys of a group's consumer instances: from the first, below the second.</summary>
    public const string InstanceRowKeyPrefix = "instance-";
    public const string InstanceRowKeyEnd = "instance.";

    /// <summary>All tables that must exist before the first request.</summary>
    public static IReadOnlyList<string> Tables { get; } = [ClusterTable, TopicsTable, PartitionsTable, IdempotencyTable, DueTable, GroupsTable];

    public static string TopicRowKey(string topic) => TopicRowKeyPrefix + topic;

    public static string ClashRowKey(string topic) => "clash-" + topic.Replace('.', '_');

    public static string TopicIdRowKey(TopicId topic) => "id-" + topic;

    public static string DeletedTopicRowKey(TopicId topic) => DeletedTopicRowKeyPrefix + topic;

    /// <summary>Ordered by time. <paramref name="dueAt"/> is in ms since 1970; 0 comes before every clock.</summary>
    public static string DueRowKey(long dueAt, TopicPartition partition) =>
        string.Create(CultureInfo.InvariantCulture, $"{dueAt:D15}-{partition.Topic}-{partition.Partition:D6}");

    /// <inheritdoc cref="DueRowKey(long, TopicPartition)"/>
    public static string DueRowKey(long dueAt, string group) => string.Create(CultureInfo.InvariantCulture, $"{dueAt:D15}-group-{group}");

    public static string MemberRowKey(string member) => MemberRowKeyPrefix + member;

    public static string InstanceRowKey(string instance) => InstanceRowKeyPrefix + instance;

    public static string OwnerRowKey(TopicPartition partition) => string.Create(CultureInfo.InvariantCulture, $"{OwnerRowKeyPrefix}{partition.Topic}-{partition.Partition:D6}");

    public static string OffsetRowKey(TopicPartition partition) => string.Create(CultureInfo.InvariantCulture, $"{OffsetRowKeyPrefix}{partition.Topic}-{partition.Partition:D6}");

    /// <summary>The partition that the key of a group's row names behind this prefix. False: none.</summary>
    public static bool TryParsePartition(ReadOnlySpan<char> rowKey, string prefix, out TopicPartition partition)
    {
        partition = default;
        if (!rowKey.StartsWith(prefix, StringComparison.Ordinal))
            return false;
        rowKey = rowKey[prefix.Length..];
        const int Digits = 32;
        if (rowKey.Length <= Digits || rowKey[Digits] != '-' || !Guid.TryParseExact(rowKey[..Digits], "N", out var topic)
            || !int.TryParse(rowKey[(Digits + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        partition = new TopicPartition(new TopicId(topic), number);
        return true;
    }

    public static string PartitionKey(TopicPartition partition) => partition.ToString();

    /// <summary>Keys of one day stand together, so that they can be thrown away together.</summary>
    public static string IdempotencyPartitionKey(DateTimeOffset day) => day.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    public static string SegmentRowKey(long baseOffset) => string.Create(CultureInfo.InvariantCulture, $"{SegmentRowKeyPrefix}{baseOffset:D20}");

    public static string BlobPrefix(TopicId topic) => $"{topic}/";

    public static string BlobPrefix(TopicPartition partition) => string.Create(CultureInfo.InvariantCulture, $"{partition.Topic}/{partition.Partition:D6}/");

    /// <summary>The topic with whose id the name of a blob or the key of a row begins. False: it belongs to no topic.</summary>
    public static bool TryParseTopic(ReadOnlySpan<char> name, out TopicId topic)
    {
        const int Digits = 32;
        topic = default;
        if (name.Length <= Digits || name[Digits] is not ('/' or '-') || !Guid.TryParseExact(name[..Digits], "N", out var id))
            return false;
        topic = new TopicId(id);
        return true;
    }

    /// <summary>Whose blob it is. False: a name that nothing here gives.</summary>
    public static bool TryParsePartition(string blob, TopicId topic, out TopicPartition partition)
    {
        partition = default;
        var rest = blob.AsSpan();
        var prefix = BlobPrefix(topic);
        if (!rest.StartsWith(prefix, StringComparison.Ordinal))
            return false;
        rest = rest[prefix.Length..];
        var end = rest.IndexOf('/');
        if (end < 0 || !int.TryParse(rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        partition = new TopicPartition(topic, number);
        return true;
    }

    /// <summary>The offset at which the segment begins that a blob of this partition belongs to. False: a name that nothing here gives.</summary>
    public static bool TryParseBaseOffset(string blob, TopicPartition partition, out long baseOffset)
    {
        baseOffset = 0;
        var prefix = BlobPrefix(partition);
        return blob.Length > prefix.Length + 20
            && blob.StartsWith(prefix, StringComparison.Ordinal)
            && blob[prefix.Length + 20] == '-'
            && long.TryParse(blob.AsSpan(prefix.Length, 20), NumberStyles.None, CultureInfo.InvariantCulture, out baseOffset);
    }

    public static string LogBlob(TopicPartition partition, long baseOffset, SegmentId segment) =>
        string.Create(CultureInfo.InvariantCulture, $"{BlobPrefix(partition)}{baseOffset:D20}-{segment}.log");

    /// <summary>A sealed segment, rewritten. Each try to rewrite draws its own id, so two of them never write to the same name.</summary>
    public static string SegmentBlob(TopicPartition partition, long baseOffset, long endOffset, Guid rewrite) =>
        string.Create(CultureInfo.InvariantCulture, $"{BlobPrefix(partition)}{baseOffset:D20}-{endOffset:D20}-{rewrite:N}{SegmentBlobSuffix}");

    /// <summary>The producer state at the beginning of a segment.</summary>
    public static string ProducersBlob(TopicPartition partition, long baseOffset, SegmentId segment) =>
        string.Create(CultureInfo.InvariantCulture, $"{BlobPrefix(partition)}{baseOffset:D20}-{segment}.producers");

    public static string CheckpointBlob(TopicPartition partition, long baseOffset, SegmentId segment, long position, Guid id) =>
        string.Create(CultureInfo.InvariantCulture, $"{BlobPrefix(partition)}{baseOffset:D20}-{segment}-{position:D20}-{id:N}.checkpoint");
}
