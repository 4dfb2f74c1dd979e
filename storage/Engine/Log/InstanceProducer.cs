using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Log;

/// <summary>
/// The ids that instances stamp into batches that came without a producer: drawn from the same row as all others, told apart by one bit, so that no state need be kept
/// of them.
/// </summary>
internal static class InstanceProducer
{
    private const long Bit = 1L << 62;

    public static long Of(long allocated) => allocated | Bit;

    public static bool Is(long producerId) => (producerId & Bit) != 0;

    /// <summary>No client numbers this batch: it has no producer, or still has the one that an instance gave it when it was appended somewhere before.</summary>
    public static bool IsAnonymous(in RecordBatchHeader batch) => batch.Producer.IsNone || Is(batch.Producer.Id);
}
