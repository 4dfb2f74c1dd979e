namespace ManagedLog.Functions.Api.V3;

/// <summary>How the data of a key or a value is given.</summary>
internal enum RecordPartType
{
    None = 0,
    Binary,
    Json,
    String,
}

/// <summary>A record's key or value as its report describes it.</summary>
/// <param name="Type"><see cref="RecordPartType.None"/>: the record had none.</param>
/// <param name="Size">Of the serialized bytes.</param>
internal readonly record struct RecordPart(RecordPartType Type, int Size);
