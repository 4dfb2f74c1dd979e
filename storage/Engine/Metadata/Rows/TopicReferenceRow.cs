using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>A row that is there to be in the way (of a clashing name, of a topic id that was used before) and says for which topic.</summary>
internal sealed record TopicReferenceRow(string Topic)
{
    public const int FormatVersion = 1;

    public Dictionary<string, RowValue> Encode() => new() { ["Format"] = FormatVersion, ["Name"] = Topic };

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format.</summary>
    public static TopicReferenceRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        return new TopicReferenceRow(RowFormat.Text(row, "Name"));
    }
}
