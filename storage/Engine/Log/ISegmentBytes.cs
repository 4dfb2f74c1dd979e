namespace ManagedLog.Engine.Log;

/// <summary>Where the bytes of segments come from.</summary>
internal interface ISegmentBytes
{
    /// <summary>
    /// Bytes of <paramref name="blob"/> from <paramref name="position"/> on: at least one, up to <paramref name="limit"/>, from memory or with one storage operation.
    /// Nothing at or beyond <paramref name="limit"/> is asked for: the caller knows that everything before it stands for good. The memory is shared and must not be changed.
    /// Throws <see cref="BlobMissingException"/>.
    /// </summary>
    /// <param name="wanted">What the caller will go on to read: one operation brings as much of it as it can.</param>
    ValueTask<ReadOnlyMemory<byte>> ReadAsync(string blob, long position, long limit, long wanted = 1);
}
