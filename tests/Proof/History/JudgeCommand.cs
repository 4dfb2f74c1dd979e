using System.CommandLine;
using ManagedLog.Proof.History.Judging;

namespace ManagedLog.Proof.History;

/// <summary>Judges a history that was kept.</summary>
internal sealed class JudgeCommand
{
    private const int MostShown = 50;

    private readonly Argument<FileInfo> _file = new("file") { Description = "What the command history wrote." };

    public JudgeCommand()
    {
        Command = new Command("judge", "Judges a recorded history again.") { _file };
        Command.SetAction(parsed => Report(RecordedHistory.From(HistoryFile.Read(parsed.GetRequiredValue(_file).FullName))) ? 0 : 1);
    }

    public Command Command { get; }

    /// <summary>Prints the figures and what is wrong.</summary>
    /// <returns>Whether nothing is.</returns>
    public static bool Report(RecordedHistory history)
    {
        foreach (var line in HistoryFigures.Lines(history))
            Console.WriteLine(line);
        var anomalies = HistoryJudge.Judge(history);
        foreach (var anomaly in anomalies.Take(MostShown))
            Console.Error.WriteLine($"FAILED: {anomaly}");
        if (anomalies.Count > MostShown)
            Console.Error.WriteLine($"FAILED: and {anomalies.Count - MostShown} more");
        if (anomalies.Count == 0)
        {
            Console.WriteLine(
                "checked    nothing is lost, duplicated, reordered, changed, torn, at another offset than was told, there although it was reported as failed, "
                + "or was read before it was committed; nothing went back; compaction took only what a later record of the same key, or time, allows, and nothing of it came back");
        }

        return anomalies.Count == 0;
    }
}
