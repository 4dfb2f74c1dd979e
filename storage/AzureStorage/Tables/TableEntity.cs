using Azure;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>One entity: its keys, and its properties by name. Values are string, long, int, bool, double or byte arrays.</summary>
internal sealed class TableEntity(string partitionKey, string rowKey) : Dictionary<string, object>(StringComparer.Ordinal)
{
    public string PartitionKey { get; } = partitionKey;

    public string RowKey { get; } = rowKey;

    /// <summary>Set on entities that were read.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    /// <summary>Set on entities that were read.</summary>
    public ETag ETag { get; set; }
}
