using System.Text.Json;

namespace ManagedLog.Protocol.Tests.Records;

/// <summary>One record of a <see cref="BatchVector"/>, <paramref name="Count"/> times; each header is a pair of key and value.</summary>
internal sealed record VectorRecord(long Timestamp, JsonElement Key, JsonElement Value, IReadOnlyList<IReadOnlyList<JsonElement>> Headers, int Count);
