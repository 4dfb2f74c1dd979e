namespace ManagedLog.Simulation.Faults;

/// <summary>How one storage call will go: how long its request and its answer travel, and what goes wrong.</summary>
public readonly record struct CallPlan(Fault Fault, TimeSpan RequestDelay = default, TimeSpan ReplyDelay = default);
