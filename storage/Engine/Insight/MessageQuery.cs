using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Insight;

/// <summary>A header by its name, and with its value if one is given.</summary>
public sealed record HeaderCondition(string Name, ReadOnlyMemory<byte>? Value);

/// <summary>What a record must be to be found: everything that is given here. Pure.</summary>
public sealed record MessageQuery
{
    /// <summary>These bytes stand in its key or in its value, as they are: case matters.</summary>
    public ReadOnlyMemory<byte>? Text { get; init; }

    /// <summary>Its key is one of these, byte for byte. Null: any, or none.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? Keys { get; init; }

    public HeaderCondition? Header { get; init; }

    /// <summary>About its value.</summary>
    public JsonCondition? Json { get; init; }

    /// <summary>Ms since 1970; the first time that counts.</summary>
    public long? FromTimestamp { get; init; }

    /// <summary>Ms since 1970; the first time that does not count any more.</summary>
    public long? ToTimestamp { get; init; }

    /// <summary>False: no record of the batch can match, so it need not be looked into.</summary>
    internal bool MayMatch(in RecordBatchHeader batch) => FromTimestamp is not { } from || batch.MaxTimestamp >= from;

    internal bool Matches(in Record record)
    {
        if (record.Timestamp < (FromTimestamp ?? long.MinValue) || record.Timestamp >= (ToTimestamp ?? long.MaxValue))
            return false;
        if (Keys is not null && (record.Key is not { } key || !HasKey(key.Span)))
            return false;
        if (Text is { } text && !Has(record.Key, text) && !Has(record.Value, text))
            return false;
        if (Header is not null && !HasHeader(record.Headers))
            return false;
        return Json is null || (record.Value is { } value && Json.IsMetBy(value.Span));
    }

    private static bool Has(ReadOnlyMemory<byte>? bytes, ReadOnlyMemory<byte> part) => bytes is { } some && some.Span.IndexOf(part.Span) >= 0;

    private bool HasKey(ReadOnlySpan<byte> key)
    {
        foreach (var wanted in Keys!)
        {
            if (key.SequenceEqual(wanted.Span))
                return true;
        }

        return false;
    }

    private bool HasHeader(IReadOnlyList<RecordHeader> headers)
    {
        for (var i = 0; i < headers.Count; i++)
        {
            if (headers[i].Key == Header!.Name && (Header.Value is not { } value || (headers[i].Value is { } other && other.Span.SequenceEqual(value.Span))))
                return true;
        }

        return false;
    }
}
