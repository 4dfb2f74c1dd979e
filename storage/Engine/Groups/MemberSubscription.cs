namespace ManagedLog.Engine.Groups;

/// <summary>
/// What a member wants to read: topics by name, and all whose whole name matches a pattern. A name of which there is no topic yet is kept: the topic is shared out when it appears.
/// A pattern matches no internal topic; a name may be one's.
/// </summary>
public sealed record MemberSubscription(IReadOnlyList<string> Topics, string? Pattern)
{
    /// <summary>Of all names together, one more for each, as they are stored in one property.</summary>
    public const int MaxNameCharacters = 30_000;

    public static bool IsTooLong(IEnumerable<string> topics) => topics.Sum(topic => topic.Length + 1) > MaxNameCharacters;

    public static MemberSubscription Of(params IReadOnlyList<string> topics) => new(topics, null);

    public static MemberSubscription Matching(string pattern) => new([], pattern);

    public bool Equals(MemberSubscription? other) => other is not null && Pattern == other.Pattern && Topics.SequenceEqual(other.Topics, StringComparer.Ordinal);

    public override int GetHashCode() => HashCode.Combine(Pattern, Topics.Count);
}
