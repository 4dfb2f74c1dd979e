using System.Text.Json;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.Fetch;

/// <summary>How fetched records look in an answer: one way in v2, another in v3.</summary>
internal interface IRecordShape
{
    /// <summary>Whether key and value are what the format can show. One that it cannot show ends an answer.</summary>
    bool CanWrite(in Record record);

    /// <summary>What comes before the records of a whole answer.</summary>
    void Begin(Utf8JsonWriter writer);

    /// <summary>One record as a JSON object.</summary>
    /// <param name="type">Whose clock its timestamp is.</param>
    void Write(Utf8JsonWriter writer, in Record record, TimestampType type);

    /// <summary>What comes behind the records of a whole answer.</summary>
    /// <param name="nextOffset">Where to go on reading; null: where it was asked to begin, since nothing was read.</param>
    void End(Utf8JsonWriter writer, long? nextOffset);
}
