using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>Refusals that several parts of the log give, worded once.</summary>
internal static class Refusals
{
    public static Refusal Gone(TopicPartition partition, string why) => new(ErrorCode.UnknownTopicOrPartition, $"{why} Partition {partition.Partition} takes and gives nothing any more.");

    public static Refusal Broken(TopicPartition partition, string why) => new(
        ErrorCode.KafkaStorageError,
        $"Partition {partition.Partition} of topic id {partition.Topic} is stopped because what is stored violates an invariant: {why} Nothing was appended.");

    public static Refusal Unavailable(TopicPartition partition, string why) => new(
        ErrorCode.KafkaStorageError, $"Storage does not answer for partition {partition.Partition}: {why} Nothing was changed; try again.");

    public static Refusal OutOfRange(string subject, long offset, PartitionOffsets ends) => new(
        ErrorCode.OffsetOutOfRange,
        $"{subject}: offset {offset} is out of range; valid are {ends.LogStart} to {ends.HighWatermark} (the last is the end, where the next record will stand). Read from 'earliest' or 'latest' instead.");
}
