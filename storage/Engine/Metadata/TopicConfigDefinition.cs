using System.Diagnostics.CodeAnalysis;

namespace ManagedLog.Engine.Metadata;

/// <summary>One config that a topic can have.</summary>
/// <param name="Allowed">Which values are, in words that follow "must be".</param>
/// <param name="Documentation">What it does, in a sentence or two; says so when it is not acted on yet.</param>
internal sealed record TopicConfigDefinition(string Name, TopicConfigType Type, string Default, string Allowed, string Documentation)
{
    /// <summary>The value as it is stored; null when it is not allowed.</summary>
    public required Func<string, string?> Normalize { get; init; }

    public bool TryNormalize(string text, [NotNullWhen(true)] out string? value) => (value = Normalize(text.Trim())) is not null;
}
