using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Faults;

/// <summary>How often single storage calls go wrong in one run, as probabilities.</summary>
internal sealed record Climate(double LostRequest, double LostReply, double Late, double Throttled, double Slow)
{
    public static Climate Calm { get; } = new(0, 0, 0, 0, 0);

    /// <summary>One run in five without any, others from rare to nearly unusable, each kind by itself.</summary>
    public static Climate Draw(SeededRandom random)
    {
        var severity = random.Pick<double>([0, 0.01, 0.03, 0.06, 0.15]);
        return new Climate(Part(), Part(), Part(), Part(), 0.1 * random.NextDouble());

        double Part() => severity * random.NextDouble();
    }
}
