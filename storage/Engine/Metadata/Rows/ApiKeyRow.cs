using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>An API key. Its prefix is the RowKey.</summary>
internal static class ApiKeyRow
{
    public const int FormatVersion = 1;

    public const string LastUsedAt = "LastUsedAt";

    private const string RequestsPerSecond = "RequestsPerSecond";
    private const string BytesInPerSecond = "BytesInPerSecond";
    private const string BytesOutPerSecond = "BytesOutPerSecond";

    private const int HashBytes = 32;

    public static Dictionary<string, RowValue> Encode(ApiKey key)
    {
        if (key.Hash.Length != HashBytes)
            throw new ArgumentException($"A hash has {HashBytes} bytes.", nameof(key));
        var row = new Dictionary<string, RowValue>
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
        AddRate(row, RequestsPerSecond, key.Quota?.RequestsPerSecond);
        AddRate(row, BytesInPerSecond, key.Quota?.BytesInPerSecond);
        AddRate(row, BytesOutPerSecond, key.Quota?.BytesOutPerSecond);
        return row;
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
            OptionalTime(row, LastUsedAt)) { Quota = Quota(row) };
    }

    /// <summary>A row from before there were quotas says nothing of them, as one of a key without.</summary>
    private static ApiKeyQuota? Quota(Row row)
    {
        var quota = new ApiKeyQuota(Rate(row, RequestsPerSecond), Rate(row, BytesInPerSecond), Rate(row, BytesOutPerSecond));
        return quota is { RequestsPerSecond: null, BytesInPerSecond: null, BytesOutPerSecond: null } ? null : quota;
    }

    private static void AddRate(Dictionary<string, RowValue> row, string name, double? rate)
    {
        if (rate is not { } value)
            return;
        if (!IsRate(value))
            throw new ArgumentException($"{name} must be above 0.", nameof(rate));
        row[name] = value;
    }

    private static double? Rate(Row row, string name)
    {
        if (!row.Properties.TryGetValue(name, out var value))
            return null;
        return value.Value is double rate && IsRate(rate) ? rate : throw RowFormat.Wrong(row, name);
    }

    private static bool IsRate(double value) => double.IsFinite(value) && value > 0;

    /// <summary>0 stands for none.</summary>
    private static DateTimeOffset? OptionalTime(Row row, string name) => RowFormat.Int64(row, name, least: 0) == 0 ? null : RowFormat.Time(row, name);
}
