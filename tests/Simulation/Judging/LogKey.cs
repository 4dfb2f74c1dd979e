namespace ManagedLog.Simulation.Judging;

/// <summary>
/// A log as clients name it. A topic that was deleted and created again under its name has several incarnations, and a batch may have been taken by any of
/// them.
/// </summary>
internal readonly record struct LogKey(string Topic, int Partition)
{
    public override string ToString() => $"{Topic}-{Partition}";
}
