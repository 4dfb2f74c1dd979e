namespace ManagedLog.Protocol.Segments;

/// <summary>What begins at a position of a segment.</summary>
public enum FrameKind
{
    /// <summary>Not enough bytes at hand to tell, or to hold the whole frame; the length says how many the frame takes (0: not even that is known).</summary>
    Incomplete = 0,
    Header,
    Batch,
    Seal,

    /// <summary>Nothing that a writer of this format leaves there.</summary>
    Corrupt,
}
