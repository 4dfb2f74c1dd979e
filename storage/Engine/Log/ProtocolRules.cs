namespace ManagedLog.Engine.Log;

/// <summary>
/// The rules of the partition protocol that can be left out, one by one, to show that the simulation notices: a test that passes either way proves nothing.
/// Production code never sets one to false.
/// </summary>
internal sealed record ProtocolRules
{
    public static ProtocolRules All { get; } = new();

    /// <summary>A segment is sealed before its successor is chained.</summary>
    public bool SealBeforeChain { get; init; } = true;

    /// <summary>An unknown outcome is settled by reading, never by trying again as if it had failed.</summary>
    public bool SettleByReading { get; init; } = true;

    /// <summary>R1: every change of the chain replaces the head in the same transaction. Left out: a rewrite replaces its row alone.</summary>
    public bool ReplaceHeadWithChain { get; init; } = true;

    /// <summary>R2: a segment that was sealed without a batch gets no chain row.</summary>
    public bool SkipEmptySegments { get; init; } = true;

    /// <summary>R3: the head is read before the chain rows, and rows at or above its base are ignored. Left out: the other way round, and as they come.</summary>
    public bool HeadBeforeChain { get; init; } = true;

    /// <summary>
    /// R5: a rewrite, and a compaction, checks that its source is whole up to the end that the chain gives, and reads back what it wrote, before that takes the source's
    /// place.
    /// </summary>
    public bool CheckRewrites { get; init; } = true;

    /// <summary>R6: every batch carries an identity that no other writer can give.</summary>
    public bool StampIdentity { get; init; } = true;

    /// <summary>
    /// R7: what stands below the end that the chain gives its segment stands for good. Left out: what is found in a segment that has ended is taken for lost with it.
    /// That a seal alone is not the end makes no difference with one replica, whose seal stands where the chain then ends the segment.
    /// </summary>
    public bool TrustChainedEnd { get; init; } = true;

    /// <summary>R8: a checkpoint counts for the segment that it names, and for no other.</summary>
    public bool MatchCheckpoints { get; init; } = true;

    /// <summary>R9: whoever finds a sealed segment that the head still names chains its successor.</summary>
    public bool FinishReconfiguration { get; init; } = true;

    /// <summary>R10: the head is read again after any error, and when it was read some seconds ago.</summary>
    public bool RereadHead { get; init; } = true;

    /// <summary>R11: a seal is one only where a frame begins.</summary>
    public bool SealAtFrameBoundary { get; init; } = true;

    /// <summary>R12: a copy that can take no more blocks is sealed where it ends.</summary>
    public bool BlockLimitIsSeal { get; init; } = true;

    /// <summary>R14: an offset beyond what this instance knows is refused only after it has looked.</summary>
    public bool LookBeforeRefusing { get; init; } = true;

    /// <summary>R16: what nothing names is deleted only after every proposal that might still name it has been fenced by replacing the head.</summary>
    public bool FenceOrphans { get; init; } = true;

    /// <summary>R16: compaction names what it made only if no sweep for orphans has replaced the head since before it was made.</summary>
    public bool FenceCompaction { get; init; } = true;

    /// <summary>Compaction takes a record for superseded only below the offset up to which it knows the keys.</summary>
    public bool JudgeBelowMapEnd { get; init; } = true;

    /// <summary>Compaction keeps a tombstone until its delete horizon.</summary>
    public bool KeepTombstones { get; init; } = true;
}
