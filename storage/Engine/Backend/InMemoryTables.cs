namespace ManagedLog.Engine.Backend;

/// <summary>The tables of the twin, one call at a time under one lock. Rows are immutable and replaced whole.</summary>
internal sealed class InMemoryTables(TimeProvider time, InMemoryBackendOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<string, OrdinalMap<Row>>> _tables = new(StringComparer.Ordinal);
    private long _changes;

    public void Prepare(IReadOnlyList<string> tables)
    {
        lock (_lock)
        {
            foreach (var table in tables)
                _tables.TryAdd(table, new(StringComparer.Ordinal));
        }
    }

    public Outcome<Row> Read(string table, RowAddress address)
    {
        lock (_lock)
        {
            return _tables.TryGetValue(table, out var partitions)
                && partitions.TryGetValue(address.PartitionKey, out var rows)
                && rows.TryGet(address.RowKey, out var row)
                ? Outcome.Done(row with { ReadAt = time.GetUtcNow() })
                : Outcome.Missing<Row>($"{table}/{address.PartitionKey}/{address.RowKey}");
        }
    }

    public Outcome<RowPage> Query(string table, RowQuery query)
    {
        var most = Math.Min(query.MaxRows, options.MaxRowsPerPage);
        lock (_lock)
        {
            if (!_tables.TryGetValue(table, out var partitions))
                return Outcome.Missing<RowPage>(table);
            var page = new List<Row>();
            if (!partitions.TryGetValue(query.PartitionKey, out var rows))
                return Outcome.Done(new RowPage(page, null));
            var now = time.GetUtcNow();
            for (var i = rows.IndexFrom(query.Continuation ?? query.FromRowKey ?? ""); i < rows.Count; i++)
            {
                var (rowKey, row) = rows[i];
                if (query.BelowRowKey is { } below && string.CompareOrdinal(rowKey, below) >= 0)
                    break;
                if (page.Count == most)
                    return Outcome.Done(new RowPage(page, rowKey));
                page.Add(row with { ReadAt = now });
            }

            return Outcome.Done(new RowPage(page, null));
        }
    }

    public Outcome<IReadOnlyList<ETag>> Commit(string table, RowBatch batch)
    {
        lock (_lock)
        {
            if (!_tables.TryGetValue(table, out var partitions))
                return Outcome.Missing<IReadOnlyList<ETag>>(table);
            if (!partitions.TryGetValue(batch.PartitionKey, out var rows))
                partitions.Add(batch.PartitionKey, rows = new());

            // A batch names a row once, so every condition can be looked at before anything changes.
            var now = time.GetUtcNow();
            var changed = new List<Row?>(batch.Operations.Count);
            for (var i = 0; i < batch.Operations.Count; i++)
            {
                var operation = batch.Operations[i];
                Row? row = rows.TryGet(operation.RowKey, out var found) ? found : null;
                if (Refusal(operation, row, i) is { } refusal)
                    return refusal;
                changed.Add(Apply(new RowAddress(batch.PartitionKey, operation.RowKey), operation, row, now));
            }

            var etags = new ETag[changed.Count];
            for (var i = 0; i < changed.Count; i++)
            {
                if (changed[i] is not { } row)
                {
                    rows.Remove(batch.Operations[i].RowKey);
                    continue;
                }

                etags[i] = new ETag($"W/\"r{++_changes}\"");
                rows.Set(row.Address.RowKey, row with { ETag = etags[i] });
            }

            return Outcome.Done<IReadOnlyList<ETag>>(etags);
        }
    }

    private static Outcome<IReadOnlyList<ETag>>? Refusal(RowOperation operation, Row? row, int index)
    {
        if (operation.Kind == RowOperationKind.Insert)
            return row is null ? null : Outcome.ConditionFailed<IReadOnlyList<ETag>>(ConditionFailure.Exists, operation.RowKey, index);
        if (operation.Kind == RowOperationKind.Upsert)
            return null;
        if (row is null)
            return Outcome.Missing<IReadOnlyList<ETag>>(operation.RowKey, index);
        return operation.IfMatch is { } etag && etag != row.ETag
            ? Outcome.ConditionFailed<IReadOnlyList<ETag>>(ConditionFailure.ETag, operation.RowKey, index)
            : null;
    }

    /// <summary>The row after the operation; null if it is deleted.</summary>
    private static Row? Apply(RowAddress address, RowOperation operation, Row? row, DateTimeOffset now)
    {
        switch (operation.Kind)
        {
            case RowOperationKind.Insert:
            case RowOperationKind.Replace:
            case RowOperationKind.Upsert:
                return new Row(address, Copy([], operation.Properties), default, now, now);
            case RowOperationKind.Merge:
                var properties = Copy(new(row!.Properties, StringComparer.Ordinal), operation.Properties);
                CheckMerged(address, properties);
                return new Row(address, properties, default, now, now);
            case RowOperationKind.Delete:
                return null;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation), operation.Kind, "No such kind of operation.");
        }
    }

    private static Dictionary<string, RowValue> Copy(Dictionary<string, RowValue> target, IReadOnlyDictionary<string, RowValue> properties)
    {
        foreach (var (name, value) in properties)
            target[name] = value.Value is byte[] bytes ? bytes.ToArray() : value;
        return target;
    }

    /// <summary>Two halves that each fit can make a row that does not; the service refuses the merge then.</summary>
    private static void CheckMerged(RowAddress address, Dictionary<string, RowValue> properties)
    {
        try
        {
            new RowBatch(address.PartitionKey).Replace(address.RowKey, properties, null);
        }
        catch (ArgumentException e)
        {
            throw new StorageRefusedException($"EntityTooLarge: {e.Message}", e);
        }
    }
}
