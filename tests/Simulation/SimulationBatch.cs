using System.Numerics;

namespace ManagedLog.Simulation;

/// <summary>
/// Many runs, on all cores: each run is of one thread and knows of no other, so which of them runs when changes nothing in any.
/// </summary>
internal sealed class SimulationBatch<TFigures>(ulong first, ulong seeds, Func<ulong, RunReport<TFigures>> execute)
    where TFigures : struct, IAdditionOperators<TFigures, TFigures, TFigures>
{
    private readonly Lock _lock = new();

    /// <summary>Told of each run as it ends, one at a time, in no order; false: begin no more.</summary>
    public required Func<RunReport<TFigures>, bool> Ended { get; init; }

    /// <summary>The sum over all runs that ended.</summary>
    public TFigures Figures { get; private set; }

    public void Execute() => Parallel.For(0L, (long)seeds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (i, state) =>
    {
        var report = execute(first + (ulong)i);
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
