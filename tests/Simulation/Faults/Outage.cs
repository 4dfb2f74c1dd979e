using ManagedLog.Engine.Backend;

namespace ManagedLog.Simulation.Faults;

/// <summary>A part of storage that does not answer, or only that it is busy, to some instances or all.</summary>
internal sealed record Outage(string Name, Func<int, StorageCall, bool> Covers, bool OnlyBusy);
