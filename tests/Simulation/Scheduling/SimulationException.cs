namespace ManagedLog.Simulation.Scheduling;

/// <summary>The simulation itself cannot go on: a task left its thread, or nothing can ever happen again.</summary>
internal sealed class SimulationException(string message) : Exception(message);
