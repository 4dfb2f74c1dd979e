namespace ManagedLog.Engine.Groups;

/// <summary>What a member has done.</summary>
/// <param name="Epoch">That joining answered.</param>
public sealed record CommitRequest(MemberId Member, long Epoch, IReadOnlyList<OffsetCommit> Offsets)
{
    /// <summary>
    /// Greater with each commit of a member, from 1 on in each of its epochs: then an older one that was held up cannot take effect after a newer one, and one that is sent again is
    /// recognised. Null: in the order in which they arrive.
    /// </summary>
    public long? Sequence { get; init; }
}
