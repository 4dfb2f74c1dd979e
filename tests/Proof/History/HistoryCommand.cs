using System.CommandLine;
using System.Globalization;
using ManagedLog.Proof.History.Events;
using ManagedLog.Proof.History.Faults;
using ManagedLog.Proof.History.Judging;
using ManagedLog.Proof.Servers;
using ManagedLog.Testing;

namespace ManagedLog.Proof.History;

/// <summary>The command line of <see cref="HistoryProof"/>.</summary>
internal sealed class HistoryCommand
{
    private readonly Option<int> _seconds = new("--seconds") { Description = "How long the producers write.", DefaultValueFactory = _ => 60 };
    private readonly Option<int> _processes = new("--processes") { Description = "How many service processes to start.", DefaultValueFactory = _ => 3 };
    private readonly Option<int?> _seed = new("--seed") { Description = "Decides the faults; by default another each time." };
    private readonly Option<DirectoryInfo?> _folder = new("--folder") { Description = "Where to keep the history; by default it is kept only if something is wrong." };

    public HistoryCommand()
    {
        Command = new Command("history", "Records what producers and readers are told while processes are killed and paused and storage is stopped, and judges it.")
        {
            _seconds, _processes, _seed, _folder,
        };
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var seconds = Math.Max(parsed.GetValue(_seconds), (int)FaultPlan.Shortest.TotalSeconds);
        var settings = new HistorySettings(TimeSpan.FromSeconds(seconds), parsed.GetValue(_seed) ?? Random.Shared.Next(1_000_000));
        var processes = Math.Max(parsed.GetValue(_processes), 1);
        Console.WriteLine($"history    --processes {processes} --seconds {seconds} --seed {settings.Seed}");

        using var temporary = new TemporaryFolder();
        var kept = parsed.GetValue(_folder)?.FullName;
        Directory.CreateDirectory(kept ?? temporary.Path);
        var name = string.Create(CultureInfo.InvariantCulture, $"history-{settings.Seed}.jsonl");
        var path = Path.Combine(kept ?? temporary.Path, name);
        var events = await RecordAsync(path, processes, settings, cancellationToken);
        var isClean = JudgeCommand.Report(RecordedHistory.From(events));
        if (!isClean && kept is null)
        {
            kept = Path.Combine(Path.GetTempPath(), name);
            File.Copy(path, kept, overwrite: true);
            path = kept;
        }

        if (kept is not null)
            Console.WriteLine($"history    {path}; judge it again with: judge {path}");
        return isClean ? 0 : 1;
    }

    private static async Task<IReadOnlyList<HistoryEvent>> RecordAsync(string path, int processes, HistorySettings settings, CancellationToken cancellationToken)
    {
        await using var file = File.CreateText(path);
        var housekeeping = new HousekeepingWatch();
        HistoryRecorder? recorder = null;
        await using var cluster = await ServiceCluster.StartAsync(processes, HistoryProof.ServiceSettings, OnLine, cancellationToken);
        recorder = new HistoryRecorder(file);
        await new HistoryProof(cluster, recorder, housekeeping, settings).RunAsync(cancellationToken);
        Console.WriteLine($"housekeeping looked after {housekeeping.Done} partitions in {housekeeping.Ticks} ticks of {housekeeping.Instances} instances at the end");
        return recorder.Events;

        void OnLine(int instance, string line)
        {
            housekeeping.Read(instance, line);
            if (InstanceBroken.IsSaidBy(line))
                recorder?.Add(new InstanceBroken(recorder.Now, instance, line));
            if (recorder is not null && CompactionRan.Of(recorder.Now, instance, line) is { } ran)
                recorder.Add(ran);
        }
    }
}
