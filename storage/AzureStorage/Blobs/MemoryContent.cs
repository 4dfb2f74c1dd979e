using System.Runtime.InteropServices;

namespace ManagedLog.AzureStorage.Blobs;

/// <summary>Gives bytes to the SDK as the stream that it wants, without a copy where they are an array.</summary>
internal static class MemoryContent
{
    public static Stream AsStream(ReadOnlyMemory<byte> content) => MemoryMarshal.TryGetArray(content, out var array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
        : new MemoryStream(content.ToArray(), writable: false);
}
