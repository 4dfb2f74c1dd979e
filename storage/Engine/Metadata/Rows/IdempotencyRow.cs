using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>What an Idempotency-Key was first used for: enough to append exactly the same again.</summary>
/// <param name="BodyHash">SHA-256 of the request, in hexadecimal digits.</param>
internal sealed record IdempotencyRow(string BodyHash, long ProducerId, int Partitions, double Spread, int BatchBytes, long CreatedAt)
{
    public const int FormatVersion = 1;

    public Dictionary<string, RowValue> Encode() => new()
    {
        ["Format"] = FormatVersion,
        ["BodyHash"] = BodyHash,
        ["ProducerId"] = ProducerId,
        ["Partitions"] = Partitions,
        ["Spread"] = Spread,
        ["BatchBytes"] = BatchBytes,
        ["CreatedAt"] = CreatedAt,
    };

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format or one that no writer of this format leaves.</summary>
    public static IdempotencyRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        return new IdempotencyRow(
            RowFormat.Text(row, "BodyHash"),
            RowFormat.Int64(row, "ProducerId", least: 0),
            RowFormat.Int32(row, "Partitions", least: 1),
            row.Properties.TryGetValue("Spread", out var spread) && spread.Value is double and >= 0 and < 1 ? spread.AsDouble() : throw RowFormat.Wrong(row, "Spread"),
            RowFormat.Int32(row, "BatchBytes", least: 1),
            RowFormat.Int64(row, "CreatedAt"));
    }
}
