using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace ManagedLog.Engine.Insight;

/// <summary>
/// What is left to be searched: in one partition the offsets from <paramref name="Low"/> up to <paramref name="High"/> (exclusive), and all partitions behind it in the
/// request's order. An unset <paramref name="High"/> (−1) is the partition's end when it is reached.
/// </summary>
public readonly record struct SearchPosition(int Partition, long Low, long High)
{
    public const int SizeInBytes = 20;

    public const long Unset = -1;

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(bytes, Partition);
        BinaryPrimitives.WriteInt64BigEndian(bytes[4..], Low);
        BinaryPrimitives.WriteInt64BigEndian(bytes[12..], High);
    }

    /// <summary>False: no position that was ever given.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SearchPosition? position)
    {
        position = null;
        if (bytes.Length != SizeInBytes)
            return false;
        var read = new SearchPosition(
            BinaryPrimitives.ReadInt32BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[4..]), BinaryPrimitives.ReadInt64BigEndian(bytes[12..]));
        if (read.Partition < 0 || read.Low < 0 || read.High < Unset)
            return false;
        position = read;
        return true;
    }
}
