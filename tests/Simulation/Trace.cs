using System.Globalization;
using System.Runtime.CompilerServices;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation;

/// <summary>
/// All that happened in a run, line by line, with virtual times. Its digest is always kept, so that two runs can be compared; the lines only when asked for.
/// </summary>
internal sealed class Trace(SimulationLoop loop, bool keepLines)
{
    private const ulong Prime = 0x100000001B3;

    // One line is written over the next: nobody keeps them in most runs, and making strings of them would cost more than the engine does.
    private readonly char[] _line = new char[16 * 1024];
    private readonly List<string> _lines = [];
    private ulong _digest = 0xCBF29CE484222325;

    public IReadOnlyList<string> Lines => _lines;

    public long Count { get; private set; }

    /// <summary>64 bits over all lines: FNV-1a, but by code unit and not by byte.</summary>
    public string Digest => _digest.ToString("x16", CultureInfo.InvariantCulture);

    public void Add(string who, string what) => Add(who, $"{what}");

    public void Add(string who, [InterpolatedStringHandlerArgument("")] ref TraceLine what)
    {
        var line = _line.AsSpan(0, Head(who));
        var digest = _digest;
        foreach (var c in line)
            digest = (digest ^ c) * Prime;
        foreach (var c in what.Text)
            digest = (digest ^ c) * Prime;
        _digest = (digest ^ '\n') * Prime;
        Count++;
        if (keepLines)
            _lines.Add(string.Concat(line, what.Text));
    }

    /// <summary>Where a line's text is put together, after the place of its beginning.</summary>
    internal Span<char> Scratch => _line.AsSpan(HeadLength);

    private const int HeadLength = 256;

    private int Head(string who)
    {
        var (seconds, ticks) = Math.DivRem(loop.Elapsed, TimeSpan.TicksPerSecond);
        _line.AsSpan(0, HeadLength).TryWrite(CultureInfo.InvariantCulture, $"{seconds}.{ticks:D7} {who} ", out var written);
        return written;
    }
}
