using System.Diagnostics;
using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History;

/// <summary>Takes the events of a history as they happen, and writes each to a file at once. For several threads.</summary>
internal sealed class HistoryRecorder(TextWriter file)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _lock = new();
    private readonly List<HistoryEvent> _events = [];
    private int _numbers;

    /// <summary>Microseconds since the recording began.</summary>
    public long Now => _clock.ElapsedTicks / (Stopwatch.Frequency / 1_000_000);

    public IReadOnlyList<HistoryEvent> Events
    {
        get
        {
            lock (_lock)
                return [.. _events];
        }
    }

    /// <summary>A number that was not given before.</summary>
    public int NextNumber() => Interlocked.Increment(ref _numbers);

    /// <summary>An invocation is added before its request is sent, a completion after its answer was read to the end.</summary>
    public void Add(HistoryEvent line)
    {
        var text = HistoryFile.Encode(line);
        lock (_lock)
        {
            _events.Add(line);
            file.WriteLine(text);
        }
    }
}
