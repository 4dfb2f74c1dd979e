namespace ManagedLog.Simulation.Workload;

/// <summary>Looks at the storage itself from time to time, so that what changes without a change of any head is seen too: sealed bytes above all.</summary>
internal sealed class Witness(World world)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    public async Task RunAsync()
    {
        while (!world.IsOver)
        {
            await world.Chronicle.LookEverywhereAsync();
            await world.Calendar.PauseAsync(Pause);
        }
    }
}
