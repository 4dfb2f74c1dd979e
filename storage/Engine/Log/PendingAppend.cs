using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Log;

/// <summary>
/// One producer request on its way into the log. Answered once: with its offsets, as failed (only when that is certain), or as unknown when its time is up
/// while a try of it may still stand or land.
/// </summary>
internal sealed class PendingAppend : IDisposable
{
    private const int Queued = 0;
    private const int Taken = 1;
    private const int Tried = 2;
    private const int GivenUp = 3;

    private readonly TaskCompletionSource<Result<AppendResult>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeSpan _timeout;
    private int _state;
    private ITimer? _timer;
    private List<AppendedBatch>? _known;

    public PendingAppend(IReadOnlyList<Memory<byte>> batches, RecordBatchHeader[] headers, string subject, TimeSpan timeout)
    {
        Batches = batches;
        Headers = headers;
        Subject = subject;
        _timeout = timeout;
        foreach (var batch in batches)
            SizeInBytes += batch.Length;
    }

    /// <summary>What is still to be appended.</summary>
    public IReadOnlyList<Memory<byte>> Batches { get; private set; }

    /// <summary>Of the batches, in order; kept in step with what is stamped into them.</summary>
    public RecordBatchHeader[] Headers { get; private set; }

    /// <summary>The client numbers its batches itself.</summary>
    public bool HasProducer => !InstanceProducer.IsAnonymous(Headers[0]);

    /// <summary>Memory that it holds: all batches as they came.</summary>
    public int SizeInBytes { get; }

    /// <summary>Topic and partition, in words.</summary>
    public string Subject { get; }

    public Task<Result<AppendResult>> Answer => _answer.Task;

    /// <summary>
    /// What recognises this request in the log: the first batch's identity. All of a request's batches go in one block, so one stands for all.
    /// </summary>
    public BatchIdentity Identity => Headers[0].Identity;

    /// <summary>Its batches have their identity; done once, before the first try.</summary>
    public bool IsStamped { get; set; }

    /// <summary>Ms since 1970, or −1 when the records keep their own.</summary>
    public long AppendTime { get; set; } = -1;

    /// <summary>A try of it was sent and is not refuted: it may stand, or may land later.</summary>
    public bool MayStand => Volatile.Read(ref _state) == Tried;

    /// <summary>Where the last try was sent.</summary>
    public SegmentId TriedIn { get; set; }

    /// <summary>Its memory was handed to a call once, whatever became of that.</summary>
    public bool WasTried => TriedIn != default;

    public long TriedAt { get; set; }

    /// <summary>The base of that segment.</summary>
    public long TriedBase { get; set; }

    /// <summary>Where it was found by reading, in <see cref="TriedIn"/>; −1: it was not.</summary>
    public long FoundOffset { get; set; } = -1;

    /// <summary>What kept the last try from succeeding, in the service's words.</summary>
    public string? Obstacle { get; set; }

    public bool IsAnswered => _answer.Task.IsCompleted;

    /// <summary>From now on it is answered when its time is up, whatever the writer is doing.</summary>
    public void StartClock(TimeProvider time)
    {
        _timer = time.CreateTimer(static state => ((PendingAppend)state!).TimeOut(), this, _timeout, Timeout.InfiniteTimeSpan);
        if (IsAnswered)
            _timer.Dispose();
    }

    /// <summary>The writer begins with it. False: its time was up before.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Queued) == Queued;

    /// <summary>Its first batches stand already, from an earlier call: their answers are known, and only the others are appended.</summary>
    public void PassOver(IReadOnlyList<AppendedBatch> known)
    {
        (_known ??= []).AddRange(known);
        Batches = [.. Batches.Skip(known.Count)];
        Headers = Headers[known.Count..];
    }

    /// <summary>All of its batches stand already.</summary>
    public void SucceedAsBefore(IReadOnlyList<AppendedBatch> known) => _answer.TrySetResult(new AppendResult([.. _known ?? [], .. known]));

    /// <summary>
    /// A try of it goes out now. False: its time was up before and its caller was told that it failed, so it must never be tried again. Whoever's time is up
    /// from here on is told that nobody knows.
    /// </summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref _state, Tried, Taken) is Taken or Tried;

    /// <summary>What was tried does not stand and never will.</summary>
    public void Refute() => Interlocked.CompareExchange(ref _state, Taken, Tried);

    public void Succeed(long baseOffset)
    {
        var answers = new List<AppendedBatch>(Headers.Length);
        if (_known is not null)
            answers.AddRange(_known);
        foreach (var header in Headers)
        {
            answers.Add(new AppendedBatch(baseOffset, AppendTime));
            baseOffset += header.LastOffsetDelta + 1;
        }

        _answer.TrySetResult(new AppendResult(answers));
    }

    /// <summary>Nothing of it stands or ever will.</summary>
    public void Fail(Refusal refusal) => _answer.TrySetResult(refusal);

    /// <summary>Ends the caller's wait with what can honestly be said when the writer goes no further with it.</summary>
    public void GiveUp(Refusal ifCertain)
    {
        if (MayStand)
            GiveUpUnknown();
        else
            Fail(ifCertain);
    }

    public void GiveUpUnknown() => _answer.TrySetResult(Unknown());

    public void Cancel(CancellationToken token) => _answer.TrySetCanceled(token);

    public void Dispose() => _timer?.Dispose();

    private void TimeOut()
    {
        if (Interlocked.CompareExchange(ref _state, GivenUp, Queued) == Queued || Interlocked.CompareExchange(ref _state, GivenUp, Taken) == Taken)
        {
            _answer.TrySetResult(new Refusal(
                ErrorCode.KafkaStorageError,
                $"{Subject}: not appended within {_timeout.TotalSeconds:0.#} s ({Obstacle ?? "too much was waiting before it"}). Nothing was written; send it again."));
        }
        else
        {
            GiveUpUnknown();
        }
    }

    private Refusal Unknown() => new(
        ErrorCode.RequestTimedOut,
        $"{Subject}: the outcome is unknown after {_timeout.TotalSeconds:0.#} s; the records may stand in the log or may not. Read the end of the partition before sending them again.");
}
