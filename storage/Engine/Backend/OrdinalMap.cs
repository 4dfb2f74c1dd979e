namespace ManagedLog.Engine.Backend;

/// <summary>Values by name in ordinal order, with a seek: what pages of blobs and rows are cut from. Not thread-safe.</summary>
internal sealed class OrdinalMap<T>
{
    private readonly SortedList<string, T> _entries = new(StringComparer.Ordinal);

    public int Count => _entries.Count;

    public bool TryGet(string name, out T value) => _entries.TryGetValue(name, out value!);

    public void Set(string name, T value) => _entries[name] = value;

    public void Remove(string name) => _entries.Remove(name);

    public (string Name, T Value) this[int index] => (_entries.GetKeyAtIndex(index), _entries.GetValueAtIndex(index));

    /// <summary>Index of the first name that is not before <paramref name="name"/>; <see cref="Count"/> if all are.</summary>
    public int IndexFrom(string name)
    {
        var (low, high) = (0, _entries.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (string.CompareOrdinal(_entries.GetKeyAtIndex(middle), name) < 0)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
