namespace ManagedLog.Engine.Log;

/// <summary>
/// What waits for one partition's writer loop: appends, in order and bounded by bytes, and looks at the tail. Many put in, one loop takes out.
/// </summary>
internal sealed class WorkQueue(long maxBytes)
{
    private readonly Lock _lock = new();
    private readonly Queue<PendingAppend> _appends = new();
    private List<RefreshRequest> _refreshes = [];
    private TaskCompletionSource? _wake;
    private long _wakeAtBytes;
    private int _wakeAtAppends;
    private long _bytes;
    private long _heldBytes;
    private Refusal? _closed;

    /// <summary>Null: queued. Otherwise why not; nothing was kept.</summary>
    public Refusal? TryAdd(PendingAppend append, Func<Refusal> full)
    {
        TaskCompletionSource? wake = null;
        lock (_lock)
        {
            if (_closed is not null)
                return _closed;
            if (_heldBytes > 0 && _heldBytes + append.SizeInBytes > maxBytes)
                return full();
            _appends.Enqueue(append);
            _bytes += append.SizeInBytes;
            _heldBytes += append.SizeInBytes;
            if (_wake is not null && (_bytes >= _wakeAtBytes || _appends.Count >= _wakeAtAppends))
                (wake, _wake) = (_wake, null);
        }

        wake?.TrySetResult();
        return null;
    }

    public void Add(RefreshRequest refresh)
    {
        TaskCompletionSource? wake = null;
        Refusal? closed;
        lock (_lock)
        {
            closed = _closed;
            if (closed is null)
            {
                _refreshes.Add(refresh);
                if (_wakeAtBytes == 0)
                    (wake, _wake) = (_wake, null);
            }
        }

        if (closed is not null)
            refresh.Fail(closed);
        wake?.TrySetResult();
    }

    /// <summary>Completes when there is anything to do.</summary>
    public Task WaitAsync()
    {
        lock (_lock)
        {
            if (_appends.Count > 0 || _refreshes.Count > 0 || _closed is not null)
                return Task.CompletedTask;
            return Arm(0, 0).Task;
        }
    }

    /// <summary>Completes when appends of at least <paramref name="bytes"/>, or so many of them, wait, or after <paramref name="limit"/>.</summary>
    public async ValueTask WaitForAppendsAsync(long bytes, int appends, TimeSpan limit, TimeProvider time)
    {
        TaskCompletionSource enough;
        lock (_lock)
        {
            if (_bytes >= bytes || _appends.Count >= appends || _closed is not null)
                return;
            enough = Arm(bytes, appends);
        }

        await enough.WaitAsync(limit, time);
    }

    public List<RefreshRequest> TakeRefreshes()
    {
        lock (_lock)
        {
            if (_refreshes.Count == 0)
                return [];
            var taken = _refreshes;
            _refreshes = [];
            return taken;
        }
    }

    /// <summary>Something waits, or an append is still with the writer.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_lock)
                return _heldBytes > 0 || _appends.Count > 0 || _refreshes.Count > 0;
        }
    }

    public bool HasAppends => Appends > 0;

    /// <summary>How many wait.</summary>
    public int Appends
    {
        get
        {
            lock (_lock)
                return _appends.Count;
        }
    }

    /// <summary>The next block: requests in order until <paramref name="maxBlockBytes"/> are together, at least one. What its caller gave up on meanwhile is left out.</summary>
    public List<PendingAppend> TakeBlock(int maxBlockBytes)
    {
        var block = new List<PendingAppend>();
        var bytes = 0L;
        lock (_lock)
        {
            while (_appends.TryPeek(out var next) && (block.Count == 0 || bytes + next.SizeInBytes <= maxBlockBytes))
            {
                _appends.Dequeue();
                _bytes -= next.SizeInBytes;
                if (next.TryTake())
                {
                    block.Add(next);
                    bytes += next.SizeInBytes;
                }
                else
                {
                    _heldBytes -= next.SizeInBytes;
                    next.Dispose();
                }
            }
        }

        return block;
    }

    /// <summary>The writer has let go of a request's memory.</summary>
    public void Release(PendingAppend append)
    {
        append.Dispose();
        lock (_lock)
            _heldBytes -= append.SizeInBytes;
    }

    /// <summary>Refuses everything that waits, and all that comes after.</summary>
    public void Close(Refusal refusal)
    {
        List<PendingAppend> appends;
        TaskCompletionSource? wake;
        lock (_lock)
        {
            _closed ??= refusal;
            appends = [.. _appends];
            _appends.Clear();
            _bytes = 0;
            (wake, _wake) = (_wake, null);
        }

        foreach (var append in appends)
        {
            append.Fail(refusal);
            Release(append);
        }

        foreach (var refresh in TakeRefreshes())
            refresh.Fail(refusal);
        wake?.TrySetResult();
    }

    private TaskCompletionSource Arm(long bytes, int appends)
    {
        (_wakeAtBytes, _wakeAtAppends) = (bytes, appends);
        _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _wake;
    }
}
