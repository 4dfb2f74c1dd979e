using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Insight;

/// <summary>Why a step of a search ended.</summary>
public enum SearchStop
{
    /// <summary>Everything that was asked for has been searched.</summary>
    End = 0,

    /// <summary>As many matches as were asked for.</summary>
    Matches,

    /// <summary>The matches are large enough for one answer.</summary>
    Size,

    /// <summary>As many bytes as were asked for.</summary>
    Bytes,

    /// <summary>The time is up.</summary>
    Time,

    /// <summary>As many partitions as one step begins with.</summary>
    Partitions,
}

/// <summary>A record that was found. Its memory is its own.</summary>
public readonly record struct FoundRecord(int Partition, Record Record);

/// <summary>What one step of a search looked at.</summary>
/// <param name="Records">Looked into. Those of batches that can hold no match are not counted.</param>
/// <param name="Bytes">Stored bytes of the batches that were passed, whether looked into or not.</param>
/// <param name="Unreadable">Batches that are damaged or decompress to too much, and were passed over.</param>
/// <param name="Reads">Storage operations that read segments.</param>
public readonly record struct SearchedAmount(long Records, long Batches, long Bytes, int Unreadable, int Reads, int Partitions);

/// <summary>What one step of a search found.</summary>
/// <param name="Next">What is left; null: nothing.</param>
public sealed record SearchResult(IReadOnlyList<FoundRecord> Matches, SearchedAmount Searched, SearchStop Stop, SearchPosition? Next);
