using System.Globalization;
using System.Text.RegularExpressions;

namespace ManagedLog.Proof.History.Faults;

/// <summary>Learns from the instances' logs which of them does the housekeeping, how much, and what none should ever have to say. For several threads.</summary>
internal sealed partial class HousekeepingWatch
{
    private readonly Lock _lock = new();
    private readonly HashSet<int> _instances = [];

    /// <summary>Ticks that did something.</summary>
    public int Ticks { get; private set; }

    /// <summary>Partitions that were looked after to the end, added up.</summary>
    public int Done { get; private set; }

    /// <summary>How many instances were elected at some time.</summary>
    public int Instances => _instances.Count;

    /// <summary>Null: none yet.</summary>
    public int? LastInstance { get; private set; }

    /// <summary>Reads one line of an instance's log.</summary>
    public void Read(int instance, string line)
    {
        if (Summary().Match(line) is not { Success: true } match)
            return;
        lock (_lock)
        {
            Ticks++;
            Done += int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            _instances.Add(instance);
            LastInstance = instance;
        }
    }

    [GeneratedRegex(@"Housekeeping: \d+ partitions due, (\d+) done")]
    private static partial Regex Summary();
}
