using ManagedLog.Engine.Backend;

namespace ManagedLog.Simulation.Faults;

/// <summary>A part of storage that answers some instances, or none, with nothing but one fault.</summary>
internal sealed record Outage(string Name, Func<int, StorageCall, bool> Covers, Fault Fault);
