using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Faults;

/// <summary>What is done when, decided by a seed alone. Every plan has each kind of fault at least once, and quiet times.</summary>
internal static class FaultPlan
{
    /// <summary>The shortest history that has room for all of it.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(22);

    /// <summary>An append may take so long before an instance says that its outcome is unknown; some pauses are longer.</summary>
    public static readonly TimeSpan AppendTimeout = TimeSpan.FromSeconds(5);

    /// <summary>For how long an instance is elected for the housekeeping; long pauses are longer.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    private const double Quiet = 0.25;

    /// <summary>Before the end, so that it is seen that everything works again.</summary>
    private static readonly TimeSpan s_calmAtEnd = TimeSpan.FromSeconds(3);

    /// <summary>The emulator takes some seconds to stop while others are connected to it, and so do the instances to come back.</summary>
    private static readonly TimeSpan s_afterStorage = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan s_longPause = Lease + TimeSpan.FromSeconds(1.5);

    public static IReadOnlyList<PlannedFault> Make(int seed, TimeSpan duration, int instances)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, Shortest);
        var random = new Random(seed);
        var plan = new List<PlannedFault>
        {
            new(Seconds(1), FaultKind.LongPause, random.Next(instances), s_longPause),
            new(Seconds(Between(random, 6.5, 8)), FaultKind.StoragePause, 0, AppendTimeout + Seconds(1)),
            new(Seconds(Between(random, 3, 5)), FaultKind.StorageStop, 0, Seconds(Between(random, 0.2, 1))),
            new(Seconds(Between(random, 2, 12)), FaultKind.Kill, random.Next(instances), Seconds(Between(random, 0, 1))),
            new(Seconds(Between(random, 2, 12)), FaultKind.Pause, random.Next(instances), Seconds(Between(random, 0.5, 5))),
        };
        var last = duration - s_calmAtEnd;
        for (var at = Seconds(15); at < last;)
        {
            at += Seconds(random.NextDouble() < Quiet ? 6 : Between(random, 0.3, 4));
            var fault = Any(random, at, instances);
            if (fault.At + fault.Length >= last)
                continue;
            plan.Add(fault);
            // While storage is away everybody only waits.
            if (fault.Kind is FaultKind.StorageStop or FaultKind.StoragePause)
                at += fault.Length + s_afterStorage;
        }

        return [.. plan.OrderBy(static fault => fault.At)];
    }

    private static PlannedFault Any(Random random, TimeSpan at, int instances) => random.Next(20) switch
    {
        < 8 => new PlannedFault(at, FaultKind.Kill, random.Next(instances), Seconds(Between(random, 0, 2))),
        < 15 => new PlannedFault(at, FaultKind.Pause, random.Next(instances), Seconds(Between(random, 0.2, 8))),
        < 17 => new PlannedFault(at, FaultKind.StorageStop, 0, Seconds(Between(random, 0, 3))),
        < 19 => new PlannedFault(at, FaultKind.StoragePause, 0, Seconds(Between(random, 0.5, 8))),
        _ => new PlannedFault(at, FaultKind.LongPause, random.Next(instances), s_longPause),
    };

    private static double Between(Random random, double least, double most) => least + (random.NextDouble() * (most - least));

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
