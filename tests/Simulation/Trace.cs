using System.Globalization;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation;

/// <summary>
/// All that happened in a run, line by line, with virtual times. Its digest is always kept, so that two runs can be compared; the lines only when asked for.
/// </summary>
internal sealed class Trace(SimulationLoop loop, bool keepLines)
{
    private const ulong FnvPrime = 0x100000001B3;
    private readonly List<string> _lines = [];
    private ulong _digest = 0xCBF29CE484222325;

    public IReadOnlyList<string> Lines => _lines;

    public long Count { get; private set; }

    /// <summary>FNV-1a, 64 bits, over all lines.</summary>
    public string Digest => _digest.ToString("x16", CultureInfo.InvariantCulture);

    public void Add(string who, string what)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{loop.Elapsed / 10_000_000.0:F7} {who} {what}");
        foreach (var c in line)
            _digest = (_digest ^ c) * FnvPrime;
        _digest = (_digest ^ '\n') * FnvPrime;
        Count++;
        if (keepLines)
            _lines.Add(line);
    }
}
