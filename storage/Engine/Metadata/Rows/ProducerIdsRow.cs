using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>The lowest producer id that no instance has taken. It only grows.</summary>
internal sealed record ProducerIdsRow(long NextId)
{
    public const int FormatVersion = 1;

    public Dictionary<string, RowValue> Encode() => new() { ["Format"] = FormatVersion, ["NextId"] = NextId };

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format or with a negative id.</summary>
    public static ProducerIdsRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        var next = RowFormat.Int64(row, "NextId");
        return next >= 0 ? new ProducerIdsRow(next) : throw RowFormat.Wrong(row, "NextId");
    }
}
