using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Insight;

/// <summary>
/// Matches of one stretch in offset order, within what there is still room for: the first ones, or the last ones where newest is first. Copies what it takes, so that no
/// match keeps a whole
/// range of a segment in memory.
/// </summary>
internal sealed class SearchSink(int maxRecords, long maxBytes, bool keepsLast)
{
    private readonly Queue<Record> _records = new();
    private long _bytes;

    /// <summary>Nothing more is taken. Where the last ones are kept this never happens: earlier ones make room.</summary>
    public bool IsFull => !keepsLast && (_records.Count >= maxRecords || _bytes >= maxBytes);

    /// <summary>Some had to make room.</summary>
    public bool HasDropped { get; private set; }

    /// <summary>In offset order.</summary>
    public IReadOnlyCollection<Record> Records => _records;

    public static long SizeOf(in Record record)
    {
        var size = (record.Key?.Length ?? 0L) + (record.Value?.Length ?? 0L);
        for (var i = 0; i < record.Headers.Count; i++)
            size += record.Headers[i].Key.Length + (record.Headers[i].Value?.Length ?? 0L);
        return size;
    }

    public void Add(in Record record)
    {
        _records.Enqueue(Copy(record));
        _bytes += SizeOf(record);
        while (keepsLast && _records.Count > 1 && (_records.Count > maxRecords || _bytes - SizeOf(_records.Peek()) >= maxBytes))
        {
            _bytes -= SizeOf(_records.Dequeue());
            HasDropped = true;
        }
    }

    private static Record Copy(in Record record) => record with
    {
        Key = Copy(record.Key),
        Value = Copy(record.Value),
        Headers = record.Headers.Count == 0 ? record.Headers : [.. record.Headers.Select(header => header with { Value = Copy(header.Value) })],
    };

    /// <summary>Null stays null: a null array would be taken for empty memory.</summary>
    private static ReadOnlyMemory<byte>? Copy(ReadOnlyMemory<byte>? bytes) => bytes is { } some ? some.ToArray() : default(ReadOnlyMemory<byte>?);
}
