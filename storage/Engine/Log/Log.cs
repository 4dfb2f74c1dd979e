using ManagedLog.Protocol.Identity;
using Microsoft.Extensions.Logging;

namespace ManagedLog.Engine.Log;

/// <summary>What the engine logs.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "Partition {Partition} is stopped.")]
    public static partial void Stopped(ILogger logger, Exception exception, TopicPartition partition);

    [LoggerMessage(2, LogLevel.Error, "Partition {Partition} cannot be read: {Why}")]
    public static partial void Damaged(ILogger logger, TopicPartition partition, string why);

    [LoggerMessage(3, LogLevel.Warning, "No checkpoint of partition {Partition} could be written; opening it will take longer.")]
    public static partial void NoCheckpoint(ILogger logger, Exception exception, TopicPartition partition);

    [LoggerMessage(20, LogLevel.Warning, "The footer of {Blob}, a segment of partition {Partition}, is damaged; its batches are read without it.")]
    public static partial void NoFooter(ILogger logger, TopicPartition partition, string blob);

    [LoggerMessage(9, LogLevel.Warning, "Compaction cannot read the batch of offset {Offset} of partition {Partition}, and leaves it as it is.")]
    public static partial void NotCompacted(ILogger logger, TopicPartition partition, long offset);

    [LoggerMessage(10, LogLevel.Information, "Compaction of partition {Partition} took {Records} records away, in {Objects} new objects, and came to offset {Offset}.")]
    public static partial void Compacted(ILogger logger, TopicPartition partition, long records, int objects, long offset);

    [LoggerMessage(4, LogLevel.Warning, "A row of due work is passed over: {Why}")]
    public static partial void UnknownDueRow(ILogger logger, string why);

    [LoggerMessage(5, LogLevel.Warning, "The housekeeping of partition {Partition} failed and is tried again later: {Why}")]
    public static partial void LookFailed(ILogger logger, TopicPartition partition, string why);

    [LoggerMessage(6, LogLevel.Error, "The housekeeping of partition {Partition} met what must not be, and is tried again later.")]
    public static partial void LookBroken(ILogger logger, Exception exception, TopicPartition partition);

    [LoggerMessage(7, LogLevel.Warning, "Freeing deleted topic {Topic} failed and is tried again later: {Why}")]
    public static partial void CleanupFailed(ILogger logger, TopicId topic, string why);

    [LoggerMessage(40, LogLevel.Warning, "What this instance did could not be written to the history of rates, and is tried again later: {Why}")]
    public static partial void NoReport(ILogger logger, string why);

    [LoggerMessage(50, LogLevel.Warning, "The housekeeping of group {Group} failed and is tried again later.")]
    public static partial void GroupLookFailed(ILogger logger, Exception exception, string group);

    [LoggerMessage(8, LogLevel.Error, "Blobs of partition {Partition} stay: its topic is deleted, but its head does not say so.")]
    public static partial void NotFenced(ILogger logger, TopicPartition partition);
}
