namespace ManagedLog.Engine.Backend;

/// <summary>Where a row stands. Keys hold no '/', '\', '#', '?' or control characters and at most 512 characters each.</summary>
public readonly record struct RowAddress(string PartitionKey, string RowKey);

/// <summary>
/// A row as it was read. <paramref name="Timestamp"/> is when the service last changed it and <paramref name="ReadAt"/> when it answered, both by
/// the service's own clock, so that ages need no clock of ours.
/// </summary>
public sealed record Row(
    RowAddress Address, IReadOnlyDictionary<string, RowValue> Properties, ETag ETag, DateTimeOffset Timestamp, DateTimeOffset ReadAt);

/// <summary>
/// Rows of one PartitionKey with <paramref name="FromRowKey"/> ≤ RowKey &lt; <paramref name="BelowRowKey"/> (null: no bound), in ordinal order of RowKey.
/// A page holds at most <paramref name="MaxRows"/> (1–1,000) and may hold fewer, even none, and still not be the last.
/// </summary>
public sealed record RowQuery(string PartitionKey, string? FromRowKey = null, string? BelowRowKey = null, int MaxRows = 1000, string? Continuation = null);

/// <summary>One page. No continuation: the last one.</summary>
public sealed record RowPage(IReadOnlyList<Row> Rows, string? Continuation);
