using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using Microsoft.Extensions.Logging;

namespace ManagedLog.Engine.Log;

/// <summary>
/// One partition as this instance sees it. One loop owns all that changes and everybody else sends it work; readers use the last view and never wait for the loop
/// unless they want to know what others appended. An invariant that does not hold stops the loop for good: whoever waits learns why.
/// </summary>
internal sealed class PartitionLog
{
    private readonly PartitionContext _context;
    private readonly TopicPartition _partition;
    private readonly WorkQueue _queue;
    private readonly LogTail _tail;
    private readonly ViewReader _reader;
    private readonly TailWaiters _waiters;
    private readonly BlockWriter _writer;
    private readonly Task _loop;
    private volatile LogView? _view;
    private volatile Refusal? _stopped;
    private volatile TopicConfig _config;
    private long _usedAt;

    public PartitionLog(PartitionContext context, TopicPartition partition, TopicConfig config)
    {
        _context = context;
        _partition = partition;
        _config = config;
        _queue = new WorkQueue(context.Options.MaxQueuedBytes);
        var store = new ChainStore(context, partition);
        _tail = new LogTail(context, partition, store);
        var appender = new LogAppender(context, partition, _tail, new Reconfiguration(context, partition, _tail, store));
        appender.Attach();
        _writer = new BlockWriter(context, partition, _queue, appender, config.Linger);
        _reader = new ViewReader(context, partition, RenewAsync);
        _waiters = new TailWaiters(context, LookAsync);
        _loop = RunAsync();
    }

    /// <summary>Why it stopped; null while it runs.</summary>
    public Refusal? Stopped => _stopped;

    /// <summary>When it stopped, by the instance's timestamps.</summary>
    public long StoppedAt { get; private set; }

    /// <summary>When it was last asked for, by the instance's timestamps.</summary>
    public long UsedAt
    {
        get => Volatile.Read(ref _usedAt);
        set => Volatile.Write(ref _usedAt, value);
    }

    /// <summary>Something waits or is under way: an append, a look, somebody at its end.</summary>
    public bool IsBusy => _queue.IsBusy || _waiters.Any;

    /// <summary>As it was last seen, however long ago; null: not yet.</summary>
    public LogView? View => _view;

    /// <summary>Of the sealed segments.</summary>
    public SegmentIndexes Indexes => _reader.Indexes;

    /// <summary>Takes the topic's configuration as last read.</summary>
    public void Configure(TopicConfig config) => _config = config;

    public async ValueTask<Result<AppendResult>> AppendAsync(AppendRequest request, string subject, CancellationToken cancellationToken)
    {
        var config = _config;
        if (AppendValidation.Check(request, config, _context.Time.GetUtcNow(), subject, out var headers) is { } refusal)
            return refusal;
        if (AppendCompression.Apply(request, headers, config, subject, out var batches) is { } unfit)
            return unfit;
        var arrivedAt = _context.Time.GetTimestamp();
        var append = new PendingAppend(batches, headers, subject, _context.Options.AppendTimeout);
        var full = _queue.TryAdd(append, () => new Refusal(
            ErrorCode.ThrottlingQuotaExceeded,
            $"{subject}: {_context.Options.MaxQueuedBytes} bytes wait for this partition already. Nothing was appended; send it again in a second, or use more partitions."));
        if (full is not null)
            return full;
        append.StartClock(_context.Time);
        if (request.Acks == Acks.None)
            return new AppendResult([.. headers.Select(_ => new AppendedBatch(-1, -1))]);
        await using (cancellationToken.Register(static state => ((PendingAppend)state!).Cancel(default), append))
        {
            try
            {
                var answer = await append.Answer;
                _context.Meter?.Answered(_partition.Topic, _context.Time.GetElapsedTime(arrivedAt));
                return answer;
            }
            catch (OperationCanceledException)
            {
                throw new OperationCanceledException(cancellationToken);
            }
        }
    }

    public async ValueTask<Result<FetchResult>> FetchAsync(FetchRequest request, string subject, CancellationToken cancellationToken)
    {
        var startedAt = _context.Time.GetTimestamp();
        var maxWait = request.MaxWait < _context.Options.MaxFetchWait ? request.MaxWait : _context.Options.MaxFetchWait;
        var begin = await BeginAsync(request.From);
        if (begin.IsRefused)
            return begin.Refusal;
        var (offset, looked) = begin.Value;
        var asked = offset;
        var isRefreshed = false;
        while (true)
        {
            if (_stopped is { } stopped)
                return stopped;
            var view = _view!;
            var ends = view.Offsets;
            if (offset < ends.LogStart && (request.From.IsEarliest || request.From.IsTimestamp))
            {
                // Found, and removed since: nobody asked for this very offset, so what comes first now is meant.
                begin = await BeginAsync(request.From);
                if (begin.IsRefused)
                    return begin.Refusal;
                (offset, looked) = begin.Value;
                asked = offset;
                continue;
            }

            if (offset < ends.LogStart || offset > ends.HighWatermark)
            {
                // R14: other instances may know more than this one.
                if (looked == Looked.AtHead || !_context.Rules.LookBeforeRefusing)
                    return Refusals.OutOfRange(subject, offset, ends);
                if (await RefreshAsync(head: true) is { } refusal)
                    return refusal;
                looked = Looked.AtHead;
                continue;
            }

            if (offset < ends.HighWatermark && !isRefreshed && looked != Looked.AtHead && _tail.HeadIsOld)
            {
                // What it holds may have been deleted since. Where the head cannot be read, what stood is better than nothing.
                isRefreshed = true;
                await RefreshAsync(head: true);
                continue;
            }

            if (offset < ends.HighWatermark)
            {
                var read = await _reader.ReadAsync(view, offset, request.Room?.Invoke(request.MaxBytes) ?? request.MaxBytes);
                if (read.IsRefused)
                    return read.Refusal;
                // Compaction may have left nothing up to the end: then it goes on there, as if it had been asked to.
                if (read.Value is { Batches.Count: 0 })
                    offset = read.Value.NextOffset;
                if (read.Value is null or { Batches.Count: 0 })
                    continue;
                _context.Meter?.Fetched(_partition.Topic, read.Value.Batches);
                return read.Value with { FetchOffset = asked };
            }

            // Whoever will wait anyway is served by the watcher's next look; whoever will not is told what stands now, on whichever instance it was appended.
            if (looked == Looked.Not && !request.IsFollowing && (maxWait <= _context.Options.MinTailInterval || _tail.TailAge >= _context.Options.MinTailInterval))
            {
                if (await RefreshAsync(head: false) is { } refusal)
                    return refusal;
                looked = Looked.AtTail;
                continue;
            }

            var remaining = maxWait - _context.Time.GetElapsedTime(startedAt);
            if (remaining <= TimeSpan.Zero)
            {
                _context.Meter?.Fetched(_partition.Topic, []);
                return new FetchResult([], asked, offset, ends);
            }

            looked = Looked.AtTail;
            await WaitAsync(offset, remaining, cancellationToken);
        }
    }

    /// <summary>As it stands now, or stood at most <paramref name="maxAge"/> ago (never longer than heads may be remembered).</summary>
    public async ValueTask<Result<LogView>> SeeAsync(TimeSpan maxAge)
    {
        if (_stopped is { } stopped)
            return stopped;
        if (_view is { } known && !_tail.HeadIsOld && (known.Chain is null ? maxAge > TimeSpan.Zero : _tail.TailAge < maxAge))
            return known;
        return await RefreshAsync(head: true) is { } refusal ? refusal : _view!;
    }

    /// <summary>The ends, freshly read. Whoever knows that the log starts at <paramref name="startsAt"/> or behind it says so: then that counts, even if nothing can be read.</summary>
    public async ValueTask<Result<PartitionOffsets>> OffsetsAsync(long startsAt = 0)
    {
        if (await RefreshAsync(head: true, startsAt) is { } refusal)
            return refusal;
        return _view!.Offsets;
    }

    /// <summary>
    /// The first record at or after a time. What the last view shows is enough where it has one, since nothing can come before it any more; otherwise the tail is
    /// looked at first.
    /// </summary>
    public async ValueTask<Result<OffsetAtTime>> OffsetForTimestampAsync(long timestamp)
    {
        var fresh = false;
        if (_view is null || _tail.HeadIsOld)
        {
            if (await RefreshAsync(head: true) is { } refusal)
                return refusal;
            fresh = true;
        }

        while (true)
        {
            if (_stopped is { } stopped)
                return stopped;
            var view = _view!;
            var found = await _reader.FindAsync(view, timestamp);
            if (found.IsRefused)
                return found.Refusal;
            if (found.Value is { } value && (fresh || value.Timestamp is not null))
                return value;
            if (found.Value is null)
                continue;
            if (await RefreshAsync(head: true) is { } refusal)
                return refusal;
            fresh = true;
        }
    }

    /// <summary>Stops taking requests; what is under way goes on to its end.</summary>
    public void Close(Refusal why)
    {
        _stopped ??= why;
        _queue.Close(why);
        _waiters.WakeAll();
    }

    /// <summary>The offset to begin at, and how the ends were looked at to find it.</summary>
    private async ValueTask<Result<(long Offset, Looked Looked)>> BeginAsync(FetchFrom from)
    {
        if (from.IsTimestamp)
        {
            var found = await OffsetForTimestampAsync(from.Timestamp);
            if (found.IsRefused)
                return found.Refusal;
            return (found.Value.Offset, Looked.Not);
        }

        if (_view is not null && !from.IsLatest && !from.IsEarliest)
            return (from.Offset, Looked.Not);
        if (await RefreshAsync(head: true) is { } refusal)
            return refusal;
        var ends = _view!.Offsets;
        return (from.IsLatest ? ends.HighWatermark : from.IsEarliest ? ends.LogStart : from.Offset, Looked.AtHead);
    }

    private async ValueTask<Refusal?> RenewAsync(LogView view, BlobMissingException missing)
    {
        if (await RefreshAsync(head: true) is { } refusal)
            return refusal;
        return ReferenceEquals(_view!.Chain, view.Chain) ? Refusals.Broken(_partition, missing.Message) : null;
    }

    /// <inheritdoc cref="LogEngine.Watch"/>
    public TailWatch Watch(long offset, Action arrived)
    {
        var waiter = new TailWaiter(offset, arrived);
        _waiters.Enter(waiter);
        if (_view is not { } view || view.Offsets.HighWatermark > offset || _stopped is not null)
        {
            // It came before the waiter was there to be told.
            _waiters.Leave(waiter);
            waiter.Arrive();
        }

        return new TailWatch(_waiters, waiter, _context.Meter, _partition.Topic);
    }

    private async ValueTask WaitAsync(long offset, TimeSpan remaining, CancellationToken cancellationToken)
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = Watch(offset, () => arrived.TrySetResult());
        await using (cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), arrived))
            await arrived.WaitAsync(remaining, _context.Time);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async ValueTask<Refusal?> RefreshAsync(bool head, long startsAt = 0)
    {
        var request = new RefreshRequest(head, startsAt);
        _queue.Add(request);
        return await request.Answer;
    }

    /// <summary>The watcher's look. Answers whether there was anything new. What this instance appended itself tells as much as reading would.</summary>
    private async ValueTask<bool> LookAsync(TimeSpan notOlderThan)
    {
        var before = _view;
        if (_tail.AppendAge < notOlderThan && !_tail.HeadIsOld)
            return true;
        await RefreshAsync(head: false);
        return !ReferenceEquals(before, _view);
    }

    private async Task RunAsync()
    {
        try
        {
            while (_stopped is null)
            {
                await _queue.WaitAsync();
                var refreshes = _queue.TakeRefreshes();
                if (refreshes.Count > 0)
                    await RefreshAsync(refreshes);
                if (_queue.HasAppends)
                    await _writer.AppendAsync(_config, Publish);
            }
        }
        catch (PartitionGoneException e)
        {
            Stop(Refusals.Gone(_partition, e.Message));
        }
        catch (Exception e)
        {
            // An invariant that does not hold, or a fault of our own: either way nothing may be built on what this loop believes.
            Log.Stopped(_context.Logger, e, _partition);
            Stop(Refusals.Broken(_partition, e.Message));
        }
    }

    private void Stop(Refusal why)
    {
        StoppedAt = _context.Time.GetTimestamp();
        Close(why);
    }

    private async ValueTask RefreshAsync(List<RefreshRequest> refreshes)
    {
        refreshes.ForEach(refresh => _tail.LearnStart(refresh.StartsAt));
        try
        {
            if (_tail.HeadIsStale || _tail.HeadIsOld || _tail.Chain is null || refreshes.Exists(refresh => refresh.Head))
                await _tail.RefreshHeadAsync();
            await _tail.ReadTailAsync();
            if (_tail.Active is { IsSealed: true } ended)
            {
                await _tail.RefreshHeadAsync();
                if (_tail.Active != ended)
                    await _tail.ReadTailAsync();
            }

            Publish();
            foreach (var refresh in refreshes)
                refresh.Done();
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException or BlobMissingException)
        {
            _tail.HeadIsStale = true;
            if (_view is not null)
                Publish();
            foreach (var refresh in refreshes)
                refresh.Fail(Refusals.Unavailable(_partition, e.Message));
        }
        catch (PartitionGoneException e)
        {
            foreach (var refresh in refreshes)
                refresh.Fail(Refusals.Gone(_partition, e.Message));
            throw;
        }
        catch (Exception e)
        {
            foreach (var refresh in refreshes)
                refresh.Fail(Refusals.Broken(_partition, e.Message));
            throw;
        }
    }

    private void Publish()
    {
        var before = _view;
        var now = _tail.View;
        if (before is not null && before.Chain == now.Chain && before.Offsets == now.Offsets)
            return;
        if (before?.Active is { } left && left.Blob != now.Active?.Blob)
            _reader.Remember(left);
        _view = now;
        _waiters.Advance(now.Offsets.HighWatermark);
    }

    private enum Looked
    {
        Not = 0,
        AtTail,
        AtHead,
    }
}
