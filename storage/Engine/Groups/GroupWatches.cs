using System.Collections.Concurrent;

namespace ManagedLog.Engine.Groups;

/// <summary>
/// When an instance should look at a group on the occasion of a call: when a member that it knows of may not have been heard of for too long by anybody, or topics have changed. Members
/// whose calls come to this instance are known to be there without looking, so a group of which all calls come here is never looked at while all goes well.
/// </summary>
internal sealed class GroupWatches(TimeProvider time)
{
    private const int Most = 10_000;

    /// <summary>The service tells the time in whole seconds, so a session may seem to have some of its last second left.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<GroupId, Watch> _watches = new();

    /// <summary>Why to look now; None: there is no need, or somebody is about to. Whoever is told to look says <see cref="Looked"/> or <see cref="Failed"/> afterwards.</summary>
    public LookReason Begin(GroupId group, string member, long topicsVersion, long? generation)
    {
        if (!_watches.TryGetValue(group, out var watch))
        {
            if (_watches.Count >= Most)
                _watches.Clear();
            watch = _watches.GetOrAdd(group, static _ => new Watch());
        }

        var now = time.GetTimestamp();
        lock (watch)
        {
            if (watch.IsLooking)
                return LookReason.None;
            var reason = watch.TopicsVersion != topicsVersion ? LookReason.Topics
                : generation > watch.Generation || watch.Deadlines.Any(deadline => deadline.Key != member && deadline.Value <= now) ? LookReason.Members
                : LookReason.None;
            watch.IsLooking = reason != LookReason.None;
            return reason;
        }
    }

    /// <summary>What was seen. <paramref name="topicsVersion"/> null: the same as before.</summary>
    public void Looked(GroupId group, IReadOnlyList<StoredMember> members, long generation, long? topicsVersion)
    {
        var now = time.GetTimestamp();
        var watch = _watches.GetOrAdd(group, static _ => new Watch());
        lock (watch)
        {
            watch.IsLooking = false;
            if (generation < watch.Generation)
                return;
            watch.Generation = generation;
            watch.TopicsVersion = topicsVersion ?? watch.TopicsVersion;
            watch.Deadlines.Clear();
            foreach (var member in members)
                watch.Deadlines[member.Member] = now + Ticks(Max(member.SessionTimeout - member.Silence, TimeSpan.Zero) + Least);
        }
    }

    public void Failed(GroupId group)
    {
        if (!_watches.TryGetValue(group, out var watch))
            return;
        lock (watch)
            watch.IsLooking = false;
    }

    /// <summary>A member has just been here.</summary>
    public void Heard(GroupId group, string member, TimeSpan sessionTimeout)
    {
        if (!_watches.TryGetValue(group, out var watch))
            return;
        lock (watch)
            watch.Deadlines[member] = time.GetTimestamp() + Ticks(sessionTimeout + Least);
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    private sealed class Watch
    {
        public Dictionary<string, long> Deadlines { get; } = new(StringComparer.Ordinal);

        /// <summary>None has it: whoever looks first looks at everything.</summary>
        public long TopicsVersion { get; set; } = -1;

        public long Generation { get; set; } = -1;

        public bool IsLooking { get; set; }
    }
}

internal enum LookReason
{
    None = 0,

    /// <summary>Somebody may be gone.</summary>
    Members,

    /// <summary>Topics have appeared, grown or gone, or nothing was looked at yet.</summary>
    Topics,
}
