using System.Text;

namespace ManagedLog.Engine.Backend;

/// <summary>
/// Changes of rows of one PartitionKey that happen together or not at all (an entity group transaction). The service's limits are
/// checked here, before anything is sent: they are our mistakes, not its answers, and the emulator does not check all of them.
/// </summary>
/// <remarks>Limits: learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions and …/understanding-the-table-service-data-model.</remarks>
public sealed class RowBatch(string partitionKey)
{
    public const int MaxOperations = 100;
    public const int MaxBatchBytes = 4 * 1024 * 1024;
    public const int MaxRowBytes = 1024 * 1024;
    public const int MaxProperties = 252;
    public const int MaxStringCharacters = 32 * 1024;
    public const int MaxBinaryBytes = 64 * 1024;
    public const int MaxKeyCharacters = 512;

    private static readonly Dictionary<string, RowValue> NoProperties = [];

    private readonly List<RowOperation> _operations = [];
    private long _bytes;

    public string PartitionKey { get; } = CheckKey(partitionKey);

    public IReadOnlyList<RowOperation> Operations => _operations;

    public RowBatch Insert(string rowKey, IReadOnlyDictionary<string, RowValue> properties) => Add(new(RowOperationKind.Insert, rowKey, properties, null));

    public RowBatch Replace(string rowKey, IReadOnlyDictionary<string, RowValue> properties, ETag? ifMatch) =>
        Add(new(RowOperationKind.Replace, rowKey, properties, ifMatch));

    public RowBatch Merge(string rowKey, IReadOnlyDictionary<string, RowValue> properties, ETag? ifMatch) =>
        Add(new(RowOperationKind.Merge, rowKey, properties, ifMatch));

    public RowBatch Upsert(string rowKey, IReadOnlyDictionary<string, RowValue> properties) => Add(new(RowOperationKind.Upsert, rowKey, properties, null));

    public RowBatch Delete(string rowKey, ETag? ifMatch) => Add(new(RowOperationKind.Delete, rowKey, NoProperties, ifMatch));

    private RowBatch Add(RowOperation operation)
    {
        CheckKey(operation.RowKey);
        if (_operations.Count == MaxOperations)
            throw new InvalidOperationException($"A row batch holds at most {MaxOperations} operations.");
        foreach (var other in _operations)
        {
            if (other.RowKey == operation.RowKey)
                throw new ArgumentException($"A row batch changes a row once; '{operation.RowKey}' stands in it already.", nameof(operation));
        }

        var bytes = SizeOf(operation);
        if (bytes > MaxRowBytes)
            throw new ArgumentException($"Row '{operation.RowKey}' would take {bytes} bytes; at most {MaxRowBytes} fit.", nameof(operation));
        if (_bytes + bytes > MaxBatchBytes)
            throw new ArgumentException($"A row batch holds at most {MaxBatchBytes} bytes.", nameof(operation));
        _bytes += bytes;
        _operations.Add(operation);
        return this;
    }

    private static long SizeOf(RowOperation operation)
    {
        if (operation.Properties.Count > MaxProperties)
            throw new ArgumentException($"Row '{operation.RowKey}' has {operation.Properties.Count} properties; at most {MaxProperties} fit.", nameof(operation));
        long bytes = 512;
        foreach (var (name, value) in operation.Properties)
        {
            if (name is "PartitionKey" or "RowKey" or "Timestamp" or "odata.etag")
                throw new ArgumentException($"'{name}' is the service's own property.", nameof(operation));
            bytes += 8 + (2L * name.Length) + value.Value switch
            {
                string s when s.Length > MaxStringCharacters => throw new ArgumentException(
                    $"Property '{name}' of row '{operation.RowKey}' has {s.Length} characters; at most {MaxStringCharacters} fit.", nameof(operation)),
                byte[] b when b.Length > MaxBinaryBytes => throw new ArgumentException(
                    $"Property '{name}' of row '{operation.RowKey}' has {b.Length} bytes; at most {MaxBinaryBytes} fit.", nameof(operation)),
                string s => Math.Max(2L * s.Length, Encoding.UTF8.GetByteCount(s)),
                byte[] b => (b.Length + 2L) / 3 * 4,
                _ => 16,
            };
        }

        return bytes;
    }

    private static string CheckKey(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Length > MaxKeyCharacters)
            throw new ArgumentException($"A key has at most {MaxKeyCharacters} characters: '{key[..40]}…'.", nameof(key));
        foreach (var c in key)
        {
            if (c is '/' or '\\' or '#' or '?' or '%' || char.IsControl(c))
                throw new ArgumentException($"A key must not hold '{c}': '{key}'.", nameof(key));
        }

        return key;
    }
}
