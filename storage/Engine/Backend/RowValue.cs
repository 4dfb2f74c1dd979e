using System.Globalization;

namespace ManagedLog.Engine.Backend;

/// <summary>One property of a row: a string (at most 32 Ki characters), long, int, bool, double, or bytes (at most 64 KiB).</summary>
public readonly struct RowValue : IEquatable<RowValue>
{
    private readonly object _value;

    private RowValue(object value) => _value = value;

    /// <summary>A string, long, int, bool, double or byte array.</summary>
    public object Value => _value ?? throw new InvalidOperationException("A row value that was never set.");

    public static implicit operator RowValue(string value) => new(value);

    public static implicit operator RowValue(long value) => new(value);

    public static implicit operator RowValue(int value) => new(value);

    public static implicit operator RowValue(bool value) => new(value);

    public static implicit operator RowValue(double value) => new(value);

    public static implicit operator RowValue(byte[] value) => new(value);

    /// <summary>From one of the allowed types.</summary>
    public static RowValue From(object value) => value is string or long or int or bool or double or byte[]
        ? new RowValue(value)
        : throw new ArgumentException($"A row cannot hold a {value?.GetType().Name ?? "null"}.", nameof(value));

    public string AsString() => (string)Value;

    public long AsInt64() => Value is int narrow ? narrow : (long)Value;

    public int AsInt32() => (int)Value;

    public bool AsBoolean() => (bool)Value;

    public double AsDouble() => (double)Value;

    public byte[] AsBytes() => (byte[])Value;

    public bool Equals(RowValue other) => _value is byte[] mine && other._value is byte[] theirs ? mine.AsSpan().SequenceEqual(theirs) : Equals(_value, other._value);

    public override bool Equals(object? obj) => obj is RowValue other && Equals(other);

    public override int GetHashCode() => _value is byte[] bytes ? bytes.Length : _value?.GetHashCode() ?? 0;

    public static bool operator ==(RowValue left, RowValue right) => left.Equals(right);

    public static bool operator !=(RowValue left, RowValue right) => !left.Equals(right);

    public override string ToString() => Convert.ToString(_value, CultureInfo.InvariantCulture) ?? "";
}
