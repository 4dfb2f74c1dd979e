using System.Text.Json;
using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History;

/// <summary>A history as a file: one event a line, as JSON, in the order in which they were recorded.</summary>
internal static class HistoryFile
{
    public static string Encode(HistoryEvent line) => JsonSerializer.Serialize(line, HistoryJson.Default.HistoryEvent);

    /// <exception cref="InvalidDataException">A line is no event.</exception>
    public static HistoryEvent Decode(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, HistoryJson.Default.HistoryEvent)!;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new InvalidDataException($"This is no line of a history: {line}", e);
        }
    }

    public static IReadOnlyList<HistoryEvent> Read(string path) => [.. File.ReadLines(path).Select(Decode)];
}
