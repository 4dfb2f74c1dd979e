using System.Diagnostics.CodeAnalysis;

namespace ManagedLog.Engine.Groups;

/// <summary>What may be the name of a group or of a member: what storage lets stand in a key, and an address in its path.</summary>
public static class GroupNames
{
    /// <summary>What is not legal, to be said after the number of characters.</summary>
    public const string Rule = "none of / \\ # ? %, no control characters and none beyond U+FFFF (emoji), and is not . or ..";

    public static bool IsLegal([NotNullWhen(true)] string? text, int maxCharacters)
    {
        // The last two mean other places in a path, however they are written: nobody could call what has such a name.
        if (text is null || text.Length == 0 || text.Length > maxCharacters || text is "." or "..")
            return false;
        foreach (var c in text)
        {
            if (c is '/' or '\\' or '#' or '?' or '%' || char.IsControl(c) || char.IsSurrogate(c))
                return false;
        }

        return true;
    }
}
