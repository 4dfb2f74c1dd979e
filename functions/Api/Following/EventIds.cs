using System.Buffers;
using System.Buffers.Text;
using System.Text;
using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Api.Following;

/// <summary>The id of an event: what was delivered of every partition of the stream, see <see cref="EventPosition"/>. One that nobody could look up is left out.</summary>
internal sealed class EventIds(IReadOnlyList<FollowedPartition> partitions, bool withTopics)
{
    private const int MaxDigits = 20;

    private readonly (FollowedPartition Partition, byte[] Prefix)[] _places = [.. partitions.Select(partition => (partition, partition.IdPrefix(withTopics)))];

    /// <summary>Longest that it can become, in bytes.</summary>
    public static int MaxLength(IEnumerable<FollowedPartition> partitions, bool withTopics) =>
        partitions.Sum(partition => partition.IdPrefix(withTopics).Length + MaxDigits);

    public void WriteTo(IBufferWriter<byte> output)
    {
        var isFirst = true;
        foreach (var (partition, prefix) in _places)
        {
            if (partition.Next is not { } next)
                continue;
            var target = output.GetSpan(1 + prefix.Length + MaxDigits);
            var length = 0;
            if (!isFirst)
                target[length++] = (byte)',';
            prefix.CopyTo(target[length..]);
            length += prefix.Length;
            Utf8Formatter.TryFormat(EventPosition.Delivered(next), target[length..], out var digits);
            output.Advance(length + digits);
            isFirst = false;
        }
    }

    public override string ToString()
    {
        using var text = new PooledBuffer();
        WriteTo(text);
        return Encoding.UTF8.GetString(text.Written.Span);
    }
}
