using System.Diagnostics.CodeAnalysis;

namespace ManagedLog.Engine.Metadata;

/// <summary>Kafka's rules for topic names: 1–249 characters of [a-zA-Z0-9._-], neither "." nor "..". Whoever keeps them is safe in blob names, row keys and paths.</summary>
public static class TopicName
{
    public const int MaxLength = 249;

    /// <param name="defect">What is wrong with it, as a sentence that can be shown.</param>
    public static bool IsLegal(string name, [NotNullWhen(false)] out string? defect)
    {
        defect = name switch
        {
            "" => "A topic name must not be empty.",
            "." or ".." => $"A topic must not be named '{name}'.",
            { Length: > MaxLength } => $"A topic name has at most {MaxLength} characters; '{Shown(name)}' has {name.Length}.",
            _ when name.AsSpan().IndexOfAnyExcept(Legal) is >= 0 and var at =>
                $"A topic name holds only letters a–z and A–Z, digits, '.', '_' and '-'; '{Shown(name)}' has something else at character {at + 1}.",
            _ => null,
        };
        return defect is null;
    }

    /// <summary>Names that differ only in '.' and '_' clash: Kafka's metrics cannot tell them apart, and people neither.</summary>
    public static bool Clash(string name, string other) => name != other && name.Replace('.', '_') == other.Replace('.', '_');

    /// <summary>The name as messages show it: what is too long to be one is cut.</summary>
    public static string Shown(string name) => name.Length <= MaxLength ? name : name[..80] + "…";

    private static System.Buffers.SearchValues<char> Legal { get; } =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
}
