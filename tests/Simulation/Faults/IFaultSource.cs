using ManagedLog.Engine.Backend;

namespace ManagedLog.Simulation.Faults;

/// <summary>Decides how each storage call goes, at the moment it is made.</summary>
public interface IFaultSource
{
    CallPlan Plan(StorageCall call);
}
