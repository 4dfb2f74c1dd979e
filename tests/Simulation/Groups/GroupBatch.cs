namespace ManagedLog.Simulation.Groups;

/// <summary>Many runs of groups, on all cores.</summary>
internal sealed class GroupBatch(ulong first, ulong seeds, GroupBreakage breakage)
{
    private readonly Lock _lock = new();

    /// <summary>Told of each run as it ends, one at a time, in no order; false: begin no more.</summary>
    public required Func<GroupRunReport, bool> Ended { get; init; }

    public GroupRunFigures Figures { get; private set; }

    public void Execute() => Parallel.For(0L, (long)seeds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (i, state) =>
    {
        var report = GroupRun.Execute(first + (ulong)i, breakage);
        lock (_lock)
        {
            if (state.IsStopped)
                return;
            Figures += report.Figures;
            if (!Ended(report))
                state.Stop();
        }
    });
}
