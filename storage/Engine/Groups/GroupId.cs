using System.Diagnostics.CodeAnalysis;

namespace ManagedLog.Engine.Groups;

/// <summary>
/// The name of a consumer group. All rows of a group stand under it, so it holds what storage lets a key hold: 1 to <see cref="MaxCharacters"/> characters, none of <c>/ \ # ? %</c>
/// and no control character. Capitals are told apart.
/// </summary>
public readonly record struct GroupId
{
    public const int MaxCharacters = 249;

    private readonly string? _value;

    private GroupId(string value) => _value = value;

    public string Value => _value ?? throw new InvalidOperationException("A group id that was never set.");

    public override string ToString() => Value;

    public static bool TryParse([NotNullWhen(true)] string? text, out GroupId id)
    {
        var isLegal = GroupNames.IsLegal(text, MaxCharacters);
        id = isLegal ? new GroupId(text!) : default;
        return isLegal;
    }
}
