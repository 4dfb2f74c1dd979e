namespace ManagedLog.Engine.Insight;

/// <summary>What was done to a topic: records and bytes in and out, and the storage operations that were made for it.</summary>
/// <param name="BytesIn">Of batches as they are stored.</param>
/// <param name="BlobWrites">Operations on blobs that write or list.</param>
/// <param name="BlobReads">All other operations on blobs.</param>
/// <param name="TableOperations">Operations on the rows of its partitions.</param>
public readonly record struct ActivityAmounts(
    long RecordsIn, long BytesIn, long RecordsOut, long BytesOut, long BlobWrites, long BlobReads, long TableOperations)
{
    public bool MovedRecords => RecordsIn > 0 || RecordsOut > 0;

    public long Operations => BlobWrites + BlobReads + TableOperations;

    public static ActivityAmounts operator +(ActivityAmounts left, ActivityAmounts right) => Add(left, right);

    public static ActivityAmounts operator -(ActivityAmounts left, ActivityAmounts right) => Subtract(left, right);

    public static ActivityAmounts Add(ActivityAmounts left, ActivityAmounts right) => Combine(left, right, static (one, other) => one + other);

    public static ActivityAmounts Subtract(ActivityAmounts left, ActivityAmounts right) => Combine(left, right, static (one, other) => one - other);

    public ActivityAmounts Select(Func<long, long> change) => Combine(this, default, (one, _) => change(one));

    private static ActivityAmounts Combine(ActivityAmounts left, ActivityAmounts right, Func<long, long, long> combine) => new(
        combine(left.RecordsIn, right.RecordsIn),
        combine(left.BytesIn, right.BytesIn),
        combine(left.RecordsOut, right.RecordsOut),
        combine(left.BytesOut, right.BytesOut),
        combine(left.BlobWrites, right.BlobWrites),
        combine(left.BlobReads, right.BlobReads),
        combine(left.TableOperations, right.TableOperations));
}
