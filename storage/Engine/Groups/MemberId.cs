using System.Diagnostics.CodeAnalysis;

namespace ManagedLog.Engine.Groups;

/// <summary>
/// The name of a member within its group, chosen by the client, so that a join whose answer was lost is joined again and not doubled. As long, and of the same characters, as a
/// <see cref="GroupId"/>.
/// </summary>
public readonly record struct MemberId
{
    public const int MaxCharacters = 249;

    private readonly string? _value;

    private MemberId(string value) => _value = value;

    public string Value => _value ?? throw new InvalidOperationException("A member id that was never set.");

    public override string ToString() => Value;

    public static bool TryParse([NotNullWhen(true)] string? text, out MemberId id)
    {
        var isLegal = GroupNames.IsLegal(text, MaxCharacters);
        id = isLegal ? new MemberId(text!) : default;
        return isLegal;
    }
}
