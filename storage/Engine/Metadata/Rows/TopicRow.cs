using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>A topic. Its creation time is kept in whole milliseconds, its configs as lines of <c>name=value</c>, only those that were set.</summary>
internal sealed record TopicRow(Topic Topic, TopicState State)
{
    public const int FormatVersion = 1;

    public Dictionary<string, RowValue> Encode() => new()
    {
        ["Format"] = FormatVersion,
        ["Name"] = Topic.Name,
        ["TopicId"] = Topic.Id.ToString(),
        ["CreatedAt"] = Topic.CreatedAt.ToUnixTimeMilliseconds(),
        ["Configs"] = ConfigLines.Encode(Topic.Config),
        ["Partitions"] = Topic.Partitions,
        ["State"] = Encode(State),
    };

    /// <summary>The one property that a growth changes: the others are left to whatever wrote them.</summary>
    public static Dictionary<string, RowValue> EncodePartitions(int partitions) => new() { ["Partitions"] = partitions };

    /// <summary>The one property that another configuration changes.</summary>
    public static Dictionary<string, RowValue> EncodeConfigs(TopicConfig config) => new() { ["Configs"] = ConfigLines.Encode(config) };

    /// <summary>The one property that a deletion changes.</summary>
    public static Dictionary<string, RowValue> EncodeState(TopicState state) => new() { ["State"] = Encode(state) };

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format, or with a config that this version does not know.</summary>
    public static TopicRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        var topic = new Topic(
            RowFormat.Text(row, "Name"),
            RowFormat.Topic(row, "TopicId"),
            RowFormat.Int32(row, "Partitions", least: 1),
            ConfigLines.Decode(row, "Configs"),
            RowFormat.Time(row, "CreatedAt"));
        return new TopicRow(topic, RowFormat.Text(row, "State") switch
        {
            "active" => TopicState.Active,
            "deleting" => TopicState.Deleting,
            _ => throw RowFormat.Wrong(row, "State"),
        });
    }

    private static string Encode(TopicState state) => state switch
    {
        TopicState.Active => "active",
        TopicState.Deleting => "deleting",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state."),
    };
}
