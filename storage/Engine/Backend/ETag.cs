namespace ManagedLog.Engine.Backend;

/// <summary>An opaque name for one state of a row or blob; equal only to itself.</summary>
public readonly record struct ETag(string Value)
{
    public override string ToString() => Value;
}
