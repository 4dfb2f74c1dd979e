using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>An API key. Its prefix is the RowKey.</summary>
internal static class ApiKeyRow
{
    public const int FormatVersion = 1;

    public const string LastUsedAt = "LastUsedAt";

    private const int HashBytes = 32;

    public static Dictionary<string, RowValue> Encode(ApiKey key)
    {
        if (key.Hash.Length != HashBytes)
            throw new ArgumentException($"A hash has {HashBytes} bytes.", nameof(key));
        return new()
        {
            ["Format"] = FormatVersion,
            ["Name"] = key.Name,
            ["Hash"] = key.Hash.ToArray(),
            ["Scopes"] = string.Join('\n', key.Scopes),
            ["CreatedAt"] = key.CreatedAt.ToUnixTimeMilliseconds(),
            ["CreatedBy"] = key.CreatedBy,
            ["ExpiresAt"] = key.ExpiresAt?.ToUnixTimeMilliseconds() ?? 0,
            [LastUsedAt] = key.LastUsedAt?.ToUnixTimeMilliseconds() ?? 0,
        };
    }

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format or one that no writer of this format leaves.</summary>
    public static ApiKey Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        if (!row.Properties.TryGetValue("Hash", out var hash) || hash.Value is not byte[] { Length: HashBytes } bytes)
            throw RowFormat.Wrong(row, "Hash");
        return new ApiKey(
            row.Address.RowKey,
            RowFormat.Text(row, "Name"),
            bytes,
            RowFormat.Text(row, "Scopes").Split('\n', StringSplitOptions.RemoveEmptyEntries),
            RowFormat.Time(row, "CreatedAt"),
            RowFormat.Text(row, "CreatedBy"),
            OptionalTime(row, "ExpiresAt"),
            OptionalTime(row, LastUsedAt));
    }

    /// <summary>0 stands for none.</summary>
    private static DateTimeOffset? OptionalTime(Row row, string name) => RowFormat.Int64(row, name, least: 0) == 0 ? null : RowFormat.Time(row, name);
}
