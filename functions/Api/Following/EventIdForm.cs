namespace ManagedLog.Functions.Api.Following;

/// <summary>What the ids of a stream's events name.</summary>
internal enum EventIdForm
{
    /// <summary>One partition: <c>0:41</c>.</summary>
    Partition = 0,

    /// <summary>The partitions of one topic: <c>0:41,1:7</c>.</summary>
    Partitions,

    /// <summary>Partitions of any topics: <c>orders/0:41,payments/3:7</c>.</summary>
    Topics,
}
