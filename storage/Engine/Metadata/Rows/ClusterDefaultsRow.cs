using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>What was set for all topics, as lines of <c>name=value</c>. Replaced as a whole, never removed.</summary>
internal sealed record ClusterDefaultsRow(TopicConfig Configs)
{
    public const int FormatVersion = 1;

    public Dictionary<string, RowValue> Encode() => new() { ["Format"] = FormatVersion, ["Configs"] = ConfigLines.Encode(Configs) };

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format, or with a config that this version does not know.</summary>
    public static ClusterDefaultsRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        return new ClusterDefaultsRow(ConfigLines.Decode(row, "Configs"));
    }
}
