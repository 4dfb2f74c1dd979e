namespace ManagedLog.Engine.Log;

/// <summary>What became of a rewrite. There are no others.</summary>
internal enum RewriteOutcome
{
    /// <summary>The chain names the new object. The <c>.log</c> blob is dead, and still there for readers with an older view.</summary>
    Replaced = 0,

    /// <summary>The chain does not name the source (any more): another rewrite was faster, retention took it, or the topic is deleted. What was written, if anything, is an orphan.</summary>
    Overtaken,

    /// <summary>The source does not hold what the chain says of it. Nothing was replaced; trying again will not help.</summary>
    SourceDamaged,

    /// <summary>The new object did not read back as it was written. Nothing was replaced, the object is an orphan; try again.</summary>
    CopyDamaged,

    /// <summary>
    /// Storage did not let it finish. Nothing was replaced, or the reply to the replacement was lost; asking again tells, since it begins by looking. What was written
    /// may be an orphan.
    /// </summary>
    Unavailable,
}
