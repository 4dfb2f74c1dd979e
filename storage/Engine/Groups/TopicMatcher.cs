using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Groups;

/// <summary>
/// Which topics a subscription means. Patterns match whole names, and are of the kind that never goes back (no back references, no looking around), so that no pattern takes longer than its
/// length times that of the name.
/// </summary>
public static class TopicMatcher
{
    public const int MaxPatternCharacters = 512;

    private const int MaxRemembered = 200;

    private static readonly ConcurrentDictionary<string, Regex> s_recent = new(StringComparer.Ordinal);

    /// <summary>Why it is no pattern to be taken; null: it is.</summary>
    public static string? FindFault(string pattern)
    {
        if (pattern.Length is 0 or > MaxPatternCharacters)
            return $"it must have 1 to {MaxPatternCharacters} characters";
        if (pattern.Any(char.IsControl))
            return "it must not hold control characters";
        return TryCompile(pattern, out _, out var fault) ? null : fault;
    }

    /// <summary>The places of the topics that are meant, ascending.</summary>
    internal static int[] Match(MemberSubscription subscription, IReadOnlyList<GroupTopic> topics)
    {
        var names = subscription.Topics.Count > 0 ? subscription.Topics.ToHashSet(StringComparer.Ordinal) : null;
        var regex = subscription.Pattern is { } pattern && TryCompile(pattern, out var compiled, out _) ? compiled : null;
        var places = new List<int>();
        for (var place = 0; place < topics.Count; place++)
        {
            var name = topics[place].Name;
            if (names?.Contains(name) == true || (regex is not null && !Topic.IsInternalName(name) && regex.IsMatch(name)))
                places.Add(place);
        }

        return [.. places];
    }

    /// <summary>Whether a pattern that can be taken means a topic by this name. It means no internal one.</summary>
    public static bool IsMatch(string pattern, string topic) => !Topic.IsInternalName(topic) && TryCompile(pattern, out var regex, out _) && regex.IsMatch(topic);

    private static bool TryCompile(string pattern, [NotNullWhen(true)] out Regex? regex, out string fault)
    {
        fault = "";
        if (s_recent.TryGetValue(pattern, out regex))
            return true;
        try
        {
            // Alone first: within the brackets a pattern that closes them would be one.
            _ = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            regex = new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            fault = e.Message;
            return false;
        }

        if (s_recent.Count >= MaxRemembered)
            s_recent.Clear();
        s_recent.TryAdd(pattern, regex);
        return true;
    }
}
