using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Groups;

/// <summary>One of the instances of the service: whenever its process dies, another is started after a while.</summary>
internal sealed class GroupInstance(GroupWorld world, int number, SeededRandom random)
{
    private static readonly TimeSpan MostSkew = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortestAbsence = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestAbsence = TimeSpan.FromSeconds(10);

    private readonly List<GroupProcess> _processes = [];
    private GroupProcess? _started;
    private TimeSpan _skew = random.Between(-MostSkew, MostSkew);

    /// <summary>The process that takes requests, frozen or not; null while there is none.</summary>
    public GroupProcess? Up => _started is { Ended.IsCompleted: false } ? _started : null;

    public int Starts => _processes.Count;

    public long Calls => _processes.Sum(process => process.Calls);

    public async Task SuperviseAsync()
    {
        while (!world.IsOver)
        {
            var process = new GroupProcess(world, number, $"i{number}.{_processes.Count}", random.Fork(), _skew);
            _processes.Add(process);
            if (await process.StartAsync())
            {
                _started = process;
                _ = process.HousekeepAsync();
                await process.Ended;
            }

            process.Kill();
            await Task.WhenAny(world.DelayAsync(random.LogBetween(ShortestAbsence, LongestAbsence)), world.Healed);
            await world.DelayAsync(ShortestAbsence);
        }
    }

    public void JumpClock()
    {
        _skew = random.Between(-MostSkew, MostSkew);
        if (Up is { } up)
            up.Clock.Skew = _skew;
    }

    public Task LandedAsync() => Task.WhenAll(_processes.Select(process => process.LandedAsync()));
}
