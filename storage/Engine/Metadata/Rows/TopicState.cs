namespace ManagedLog.Engine.Metadata.Rows;

internal enum TopicState
{
    Active = 0,

    /// <summary>Marked: nobody finds it any more, its partitions are being sealed. It never becomes active again.</summary>
    Deleting,
}
