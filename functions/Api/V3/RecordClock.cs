using System.IO.Pipelines;

namespace ManagedLog.Functions.Api.V3;

/// <summary>
/// The time that a record in a stream of produces has to come to its end: the stream may be quiet for hours, but a record that was begun holds memory. When the time is over, the read
/// that is under way is cancelled.
/// </summary>
internal sealed class RecordClock : IDisposable
{
    private readonly Lock _lock = new();
    private readonly PipeReader _body;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long? _beganAt;
    private bool _isLate;

    public RecordClock(PipeReader body, TimeSpan limit, TimeProvider time)
    {
        _body = body;
        _limit = limit;
        _time = time;
        _timer = time.CreateTimer(static state => ((RecordClock)state!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Another record begins with what was read last.</summary>
    public void BeginAgain()
    {
        lock (_lock)
        {
            if (_beganAt is not null)
                _beganAt = _time.GetTimestamp();
        }
    }

    /// <summary>Said after each read: whether the beginning of a record is held. True: it is, and for too long. One that came to its end in the last moment is not late.</summary>
    public bool IsLate(bool isWithinRecord)
    {
        lock (_lock)
        {
            if (isWithinRecord != _beganAt is not null)
            {
                _beganAt = isWithinRecord ? _time.GetTimestamp() : null;
                _timer.Change(isWithinRecord ? _limit : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            return isWithinRecord && _isLate;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        lock (_lock)
        {
            if (_beganAt is not { } began)
                return;
            var left = _limit - _time.GetElapsedTime(began);
            if (left > TimeSpan.Zero)
            {
                // It was begun anew meanwhile, or the timer was a little early.
                _timer.Change(left < s_least ? s_least : left, Timeout.InfiniteTimeSpan);
                return;
            }

            _isLate = true;
        }

        _body.CancelPendingRead();
    }

    /// <summary>A timer of less is none.</summary>
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(1);
}
