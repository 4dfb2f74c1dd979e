namespace ManagedLog.Engine.Log;

/// <summary>Remembers where the last few reads of a partition ended, and so recognises readers who go through it from front to back.</summary>
internal sealed class SequentialReads
{
    private const int Readers = 16;

    private readonly Lock _lock = new();
    private readonly long[] _ends = new long[Readers];
    private int _oldest;

    /// <summary>Somebody has read from one offset up to another. True: another read ended where this one began.</summary>
    public bool Note(long from, long end)
    {
        lock (_lock)
        {
            // Offset 0 is where everybody begins, and what no read ends at.
            var place = from == 0 ? -1 : Array.IndexOf(_ends, from);
            if (place >= 0)
            {
                _ends[place] = end;
                return true;
            }

            _ends[_oldest] = end;
            _oldest = (_oldest + 1) % Readers;
            return false;
        }
    }
}
