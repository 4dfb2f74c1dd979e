using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ManagedLog.Functions.Api.Following;

/// <summary>
/// One place in the id of an event: <c>partition:offset</c>, or <c>topic/partition:offset</c> where a stream has several topics. As text it names the last record that was
/// delivered, −1 where there is none before; inside it is <see cref="Next"/>, where to go on. Nothing else turns one into the other, so nobody can be off by one.
/// </summary>
/// <param name="Topic">Null where the stream has only one.</param>
/// <param name="Next">The first offset that was not delivered.</param>
internal readonly record struct EventPosition(string? Topic, int Partition, long Next)
{
    /// <summary>What comes before the offset.</summary>
    public static string PrefixOf(string? topic, int partition) =>
        topic is null ? string.Create(CultureInfo.InvariantCulture, $"{partition}:") : string.Create(CultureInfo.InvariantCulture, $"{topic}/{partition}:");

    /// <summary>The offset as it is written.</summary>
    public static long Delivered(long next) => next - 1;

    /// <summary>A whole id, its places separated by commas; at least one, none twice.</summary>
    public static bool TryParse(string id, [NotNullWhen(true)] out IReadOnlyList<EventPosition>? positions)
    {
        positions = null;
        var found = new List<EventPosition>();
        var named = new HashSet<(string?, int)>();
        foreach (var range in id.AsSpan().Split(','))
        {
            if (!TryParseOne(id.AsSpan()[range].Trim(), out var position) || !named.Add((position.Topic, position.Partition)))
                return false;
            found.Add(position);
        }

        positions = found;
        return true;
    }

    public override string ToString() => PrefixOf(Topic, Partition) + Delivered(Next).ToString(CultureInfo.InvariantCulture);

    private static bool TryParseOne(ReadOnlySpan<char> text, out EventPosition position)
    {
        position = default;
        var slash = text.IndexOf('/');
        var topic = slash < 0 ? null : text[..slash].ToString();
        var rest = text[(slash + 1)..];
        var colon = rest.IndexOf(':');
        if (topic is "" || colon < 0 || !int.TryParse(rest[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out var partition))
            return false;
        var offset = rest[(colon + 1)..];
        var delivered = -1L;
        if (!offset.SequenceEqual("-1") && (!long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out delivered) || delivered == long.MaxValue))
            return false;
        position = new EventPosition(topic, partition, delivered + 1);
        return true;
    }
}
