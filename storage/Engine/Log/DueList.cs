namespace ManagedLog.Engine.Log;

/// <summary>What is due, in the order of its times, with all rows of each; of so many at most.</summary>
internal sealed class DueList<TSubject, TEntry>(int most)
    where TSubject : notnull
{
    private readonly List<(TSubject, IReadOnlyList<TEntry>)> _items = [];
    private readonly Dictionary<TSubject, List<TEntry>> _rowsOf = [];

    public IReadOnlyList<(TSubject, IReadOnlyList<TEntry>)> Items => _items;

    /// <summary>False: it would be one too many.</summary>
    public bool TryAdd(TSubject subject, TEntry entry)
    {
        if (!_rowsOf.TryGetValue(subject, out var rows))
        {
            if (_items.Count == most)
                return false;
            _rowsOf.Add(subject, rows = []);
            _items.Add((subject, rows));
        }

        rows.Add(entry);
        return true;
    }
}
