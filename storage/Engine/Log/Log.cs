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
}
