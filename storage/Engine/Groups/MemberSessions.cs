using System.Collections.Concurrent;

namespace ManagedLog.Engine.Groups;

/// <summary>The members that an instance has served, as they were then. It may forget any at any time.</summary>
internal sealed class MemberSessions
{
    private const int Most = 20_000;

    private readonly ConcurrentDictionary<(GroupId, string), MemberSession> _sessions = new();

    public MemberSession? Find(GroupId group, string member) => _sessions.GetValueOrDefault((group, member));

    public void Remember(GroupId group, string member, MemberSession session)
    {
        if (_sessions.Count >= Most)
            _sessions.Clear();
        _sessions[(group, member)] = session;
    }

    public void Forget(GroupId group, string member) => _sessions.TryRemove((group, member), out _);
}
