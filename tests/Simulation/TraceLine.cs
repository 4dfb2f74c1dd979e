using System.Globalization;
using System.Runtime.CompilerServices;

namespace ManagedLog.Simulation;

/// <summary>Puts one line of a <see cref="Trace"/> together in the trace's own memory; what does not fit is cut off.</summary>
[InterpolatedStringHandler]
internal ref struct TraceLine
{
    private readonly Span<char> _memory;
    private int _length;

    public TraceLine(int literalLength, int formattedCount, Trace trace)
    {
        _ = literalLength + formattedCount;
        _memory = trace.Scratch;
    }

    public readonly ReadOnlySpan<char> Text => _memory[.._length];

    public void AppendLiteral(string value) => AppendFormatted(value);

    public void AppendFormatted(string? value)
    {
        if (value is null)
            return;
        var fitting = value.AsSpan(0, Math.Min(value.Length, _memory.Length - _length));
        fitting.CopyTo(_memory[_length..]);
        _length += fitting.Length;
    }

    public void AppendFormatted<T>(T value)
    {
        if (value is ISpanFormattable formattable)
        {
            if (formattable.TryFormat(_memory[_length..], out var written, default, CultureInfo.InvariantCulture))
                _length += written;
        }
        else
        {
            AppendFormatted(value is IFormattable other ? other.ToString(null, CultureInfo.InvariantCulture) : value?.ToString());
        }
    }
}
