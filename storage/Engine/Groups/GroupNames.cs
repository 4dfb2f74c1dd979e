using System.Diagnostics.CodeAnalysis;

namespace ManagedLog.Engine.Groups;

/// <summary>What may be the name of a group or of a member: what storage lets stand in a key.</summary>
internal static class GroupNames
{
    public static bool IsLegal([NotNullWhen(true)] string? text, int maxCharacters)
    {
        if (text is null || text.Length == 0 || text.Length > maxCharacters)
            return false;
        foreach (var c in text)
        {
            if (c is '/' or '\\' or '#' or '?' or '%' || char.IsControl(c) || char.IsSurrogate(c))
                return false;
        }

        return true;
    }
}
