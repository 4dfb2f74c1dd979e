using ManagedLog.Engine.Backend;

namespace ManagedLog.Fixtures;

/// <summary>A row as it stands, without what the service says of it (ETag, time of its last change).</summary>
internal sealed record StoredRow(string Table, RowAddress Address, IReadOnlyDictionary<string, RowValue> Properties)
{
    public Row ToRow() => new(Address, Properties, default, default, default);
}
