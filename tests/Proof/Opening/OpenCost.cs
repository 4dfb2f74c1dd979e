namespace ManagedLog.Proof.Opening;

/// <summary>What one first step took: storage operations, bytes that reads gave, and the median time.</summary>
internal sealed record OpenCost(string What, long Operations, long BytesRead, double Milliseconds)
{
    /// <summary>
    /// Whatever stands in the partition: head, chain, checkpoint and its blob, a tail of at most 32 MiB in pieces of 4, a footer, and the ranges that are asked for.
    /// </summary>
    public const long MostOperations = 16;

    public const long MostBytes = 48L * 1024 * 1024;

    /// <summary>False: nothing is promised. A sealed segment that was not rewritten yet is read from its beginning, once on each instance.</summary>
    public bool IsBounded { get; init; } = true;

    public bool IsWithinBounds => !IsBounded || (Operations <= MostOperations && BytesRead <= MostBytes);
}
