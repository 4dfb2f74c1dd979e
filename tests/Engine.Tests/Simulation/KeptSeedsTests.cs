using ManagedLog.Simulation;
using ManagedLog.Simulation.Workload;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>
/// Seeds that once found something. A change of the simulation changes what a seed does, so each defect has a test of its own beside it, which places the fault at
/// the call; the seeds are run so that no way back is left open. Those that notice rules that are left out are kept in <see cref="Breakage"/>.
/// </summary>
public sealed class KeptSeedsTests
{
    [Theory]
    [InlineData(49)] // a fetch from a time was refused an offset that it had not asked for: the log start moved between lookup and read (RecordDeletionTests)
    [InlineData(1071)] // an instance that opened a segment slowly took its removal for a loss and stopped the partition (IdempotenceTests)
    [InlineData(1107)] // records that it had deleted were given by the instance that said so, when it could not read the head again (RecordDeletionTests)
    [InlineData(1352)] // a creation that comes 40 s late makes the blob of a deleted topic again; it is swept a day later
    [InlineData(1924)] // a checkpoint's row that came late, after a deleted topic's rows had been freed, stayed for ever (TopicCleanupTests)
    [InlineData(100963)] // a tick between the heads of a topic that was just being deleted took the one not yet marked for a violated invariant
    [InlineData(102661)] // a process that slept deleted a topic by its name, hours after its client had hung up: no defect, but clients must expect it
    public void Seed_ThatFoundSomething_ViolatesNothing(ulong seed)
    {
        var report = SimulationRun.Execute(seed, Breakage.None);
        Assert.True(report.IsClean, report.ToString());
    }
}
