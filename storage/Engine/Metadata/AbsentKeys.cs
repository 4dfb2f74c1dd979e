namespace ManagedLog.Engine.Metadata;

/// <summary>
/// Prefixes of API keys that are not there, because the key was revoked or never was: so that a client that goes on using one is told so, and costs neither a read nor
/// what <see cref="LookupBudget"/> has for others. Each for <see cref="Age"/>, and at most <see cref="Capacity"/> of them: the oldest make room.
/// </summary>
/// <remarks>That something is not there may be remembered here, because a prefix is drawn at random when its key is made: nobody asks for it before that.</remarks>
internal sealed class AbsentKeys(TimeProvider time)
{
    public const int Capacity = 4_096;

    public static readonly TimeSpan Age = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _noted = new(StringComparer.Ordinal);
    private readonly Queue<(string Prefix, long At)> _order = new();

    public bool Contains(string prefix)
    {
        lock (_lock)
            return _noted.TryGetValue(prefix, out var at) && time.GetElapsedTime(at) < Age;
    }

    public void Add(string prefix)
    {
        lock (_lock)
        {
            while (_order.TryPeek(out var oldest) && (_order.Count >= Capacity || time.GetElapsedTime(oldest.At) >= Age))
            {
                _order.Dequeue();
                // One that was removed and noted again stays, by its later place.
                if (_noted.TryGetValue(oldest.Prefix, out var at) && at == oldest.At)
                    _noted.Remove(oldest.Prefix);
            }

            var now = time.GetTimestamp();
            if (_noted.TryAdd(prefix, now))
                _order.Enqueue((prefix, now));
        }
    }

    public void Remove(string prefix)
    {
        lock (_lock)
            _noted.Remove(prefix);
    }
}
