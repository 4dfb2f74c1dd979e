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
}
