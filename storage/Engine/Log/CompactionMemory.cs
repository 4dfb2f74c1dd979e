namespace ManagedLog.Engine.Log;

/// <summary>The memory for one map of keys, for one compaction of this instance at a time: whoever comes meanwhile is told to come again.</summary>
internal sealed class CompactionMemory(long mapBytes)
{
    private int _isTaken;

    /// <summary>A map for as many keys as there can be, or as many as memory is allowed for. Null: another partition is being compacted. To be given back.</summary>
    public OffsetMap? TryTake(long mostKeys) => Interlocked.CompareExchange(ref _isTaken, 1, 0) == 0 ? new OffsetMap(mapBytes, mostKeys) : null;

    /// <summary>The map that was taken is not used any more.</summary>
    public void GiveBack() => Volatile.Write(ref _isTaken, 0);
}
