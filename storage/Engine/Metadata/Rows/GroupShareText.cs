using System.Globalization;
using System.Text;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>
/// Topics and shares as text in a row, short and to be read by people. A line for each topic: id, number of partitions, name. A line for each member: id, epoch, and for each topic
/// of which it has partitions the number of the topic's line and the partitions, as in <c>0:0-3,7</c>. Tabs between; neither names nor ids hold one.
/// </summary>
internal static class GroupShareText
{
    public static string WriteTopics(IReadOnlyList<GroupTopic> topics) =>
        string.Join('\n', topics.Select(topic => string.Create(CultureInfo.InvariantCulture, $"{topic.Id}\t{topic.Partitions}\t{topic.Name}")));

    /// <summary>Null: no writer leaves this.</summary>
    public static IReadOnlyList<GroupTopic>? ReadTopics(string text)
    {
        if (text.Length == 0)
            return [];
        var lines = text.Split('\n');
        var topics = new GroupTopic[lines.Length];
        var ids = new HashSet<TopicId>();
        for (var i = 0; i < lines.Length; i++)
        {
            var parts = lines[i].Split('\t');
            if (parts.Length != 3 || parts[2].Length == 0 || !TopicId.TryParse(parts[0], out var id) || !TryReadNumber(parts[1], out var partitions)
                || partitions > NewTopicRules.MaxPartitions || !ids.Add(id))
                return null;
            topics[i] = new GroupTopic(id, parts[2], partitions);
        }

        return topics;
    }

    public static string WriteShares(IReadOnlyList<GroupTopic> topics, IReadOnlyList<GroupShare> shares)
    {
        var numbers = new Dictionary<TopicId, int>();
        for (var i = 0; i < topics.Count; i++)
            numbers.Add(topics[i].Id, i);
        var text = new StringBuilder();
        foreach (var share in shares)
        {
            if (text.Length > 0)
                text.Append('\n');
            text.Append(share.Member).Append('\t').Append(CultureInfo.InvariantCulture, $"{share.Epoch}");
            WriteTarget(text, numbers, share.Target);
        }

        return text.ToString();
    }

    /// <summary>Null: no writer leaves this.</summary>
    public static IReadOnlyList<GroupShare>? ReadShares(IReadOnlyList<GroupTopic> topics, string text)
    {
        if (text.Length == 0)
            return [];
        var lines = text.Split('\n');
        var shares = new GroupShare[lines.Length];
        for (var i = 0; i < lines.Length; i++)
        {
            var parts = lines[i].Split('\t');
            if (parts.Length < 2 || parts[0].Length == 0 || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch))
                return null;
            var target = new List<TopicPartition>();
            var last = -1;
            for (var part = 2; part < parts.Length; part++)
            {
                if (!TryReadTarget(topics, parts[part], ref last, target))
                    return null;
            }

            shares[i] = new GroupShare(parts[0], epoch, target);
        }

        return shares;
    }

    private static void WriteTarget(StringBuilder text, Dictionary<TopicId, int> numbers, IReadOnlyList<TopicPartition> target)
    {
        for (var i = 0; i < target.Count;)
        {
            var first = target[i];
            var last = i;
            while (last + 1 < target.Count && target[last + 1].Topic == first.Topic && target[last + 1].Partition == target[last].Partition + 1)
                last++;
            if (i == 0 || target[i - 1].Topic != first.Topic)
                text.Append('\t').Append(CultureInfo.InvariantCulture, $"{numbers[first.Topic]}:");
            else
                text.Append(',');
            text.Append(CultureInfo.InvariantCulture, $"{first.Partition}");
            if (last > i)
                text.Append(CultureInfo.InvariantCulture, $"-{target[last].Partition}");
            i = last + 1;
        }
    }

    /// <param name="last">The place of the topic before; they ascend, and so do partitions.</param>
    private static bool TryReadTarget(IReadOnlyList<GroupTopic> topics, ReadOnlySpan<char> text, ref int last, List<TopicPartition> target)
    {
        var colon = text.IndexOf(':');
        if (colon < 0 || !TryReadNumber(text[..colon], out var number) || number >= topics.Count || number <= last)
            return false;
        last = number;
        var next = 0;
        var topic = topics[number];
        text = text[(colon + 1)..];
        foreach (var range in text.Split(','))
        {
            var part = text[range];
            var dash = part.IndexOf('-');
            if (!TryReadNumber(dash < 0 ? part : part[..dash], out var first) || !TryReadNumber(dash < 0 ? part : part[(dash + 1)..], out var end)
                || first < next || end < first || end >= topic.Partitions)
                return false;
            next = end + 1;
            for (var partition = first; partition <= end; partition++)
                target.Add(new TopicPartition(topic.Id, partition));
        }

        return true;
    }

    private static bool TryReadNumber(ReadOnlySpan<char> text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
