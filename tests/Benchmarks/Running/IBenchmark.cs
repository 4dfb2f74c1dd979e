namespace ManagedLog.Benchmarks.Running;

/// <summary>One row of the table, which can be run by itself.</summary>
internal interface IBenchmark
{
    /// <summary>The sub-command.</summary>
    string Name { get; }

    string Description { get; }

    Task<IReadOnlyList<Finding>> RunAsync(Bed bed, Effort effort);
}
