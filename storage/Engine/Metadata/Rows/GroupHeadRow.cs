using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>
/// The head of a group: who its members are, and how its partitions are to be shared out. Replaced under its ETag, with the next generation, in the transaction that inserts,
/// replaces or deletes a member's row; so at each moment it names exactly the members whose rows there are, under their epochs.
/// </summary>
/// <param name="Generation">Grows with each change of members or shares. A group that is made begins at the time, ms since 1970, or behind the generation of the one before it.</param>
/// <param name="Assignor">Null: the group never had a member.</param>
/// <param name="Topics">What the shares were made from, by name.</param>
/// <param name="Shares">By member id.</param>
/// <param name="EmptySince">When the last member went, ms since 1970 by the storage service's clock; 0: it has members, or never had one.</param>
internal sealed record GroupHeadRow(
    GroupHeadState State, long Generation, string? Assignor, IReadOnlyList<GroupTopic> Topics, IReadOnlyList<GroupShare> Shares, long EmptySince)
{
    public const int FormatVersion = 1;

    public GroupShare? ShareOf(string member)
    {
        foreach (var share in Shares)
        {
            if (share.Member == member)
                return share;
        }

        return null;
    }

    /// <summary>Throws <see cref="ArgumentException"/> when it does not fit into a row.</summary>
    public Dictionary<string, RowValue> Encode()
    {
        var properties = new Dictionary<string, RowValue>
        {
            ["Format"] = FormatVersion,
            ["State"] = State switch
            {
                GroupHeadState.Open => "open",
                GroupHeadState.Deleting => "deleting",
                GroupHeadState.Deleted => "deleted",
                _ => throw new InvalidOperationException($"No such state: {State}"),
            },
            ["Generation"] = Generation,
            ["Assignor"] = Assignor ?? "",
            ["EmptySince"] = EmptySince,
        };
        LongText.Write(properties, "Topics", GroupShareText.WriteTopics(Topics));
        LongText.Write(properties, "Shares", GroupShareText.WriteShares(Topics, Shares));
        return properties;
    }

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format or one that no writer of this format leaves.</summary>
    public static GroupHeadRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        var topics = GroupShareText.ReadTopics(LongText.Read(row, "Topics")) ?? throw RowFormat.Wrong(row, "Topics");
        return new GroupHeadRow(
            RowFormat.Text(row, "State") switch
            {
                "open" => GroupHeadState.Open,
                "deleting" => GroupHeadState.Deleting,
                "deleted" => GroupHeadState.Deleted,
                _ => throw RowFormat.Wrong(row, "State"),
            },
            RowFormat.Int64(row, "Generation", least: 0),
            RowFormat.OptionalText(row, "Assignor"),
            topics,
            GroupShareText.ReadShares(topics, LongText.Read(row, "Shares")) ?? throw RowFormat.Wrong(row, "Shares"),
            RowFormat.Time(row, "EmptySince").ToUnixTimeMilliseconds());
    }
}
