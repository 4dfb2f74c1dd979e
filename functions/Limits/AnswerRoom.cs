using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Limits;

/// <summary>
/// What one request holds of what was read for its answer. It may be asked from several places at once about what is read ahead; the rest is for the one who writes the answer.
/// </summary>
internal sealed class AnswerRoom(InstanceUse instance, CallerUse caller) : IDisposable
{
    /// <summary>Granted whatever is left, in bytes: with less, answers would cost more than they bring.</summary>
    public const int Least = 64 * 1024;

    private readonly ByteBudget _budget = caller.Answers;
    private long _asked;
    private long _current;
    private long _ahead;

    /// <summary>Something is read ahead, and will be written before anything else is read.</summary>
    public bool HoldsAhead => Interlocked.Read(ref _ahead) > 0;

    /// <summary>
    /// Null, or why nothing more should be read for this answer: others hold all the memory that there is for answers. What this request holds itself does not count, so there is always
    /// one that goes on.
    /// </summary>
    public ApiError? FindShortage()
    {
        var own = _asked + _current + Interlocked.Read(ref _ahead);
        if (instance.Answers.IsShortBeside(own))
            return LimitErrors.AnswersFull;
        return _budget.IsShortBeside(own) ? LimitErrors.OverShareOfAnswers : null;
    }

    /// <summary>How many bytes may be read now.</summary>
    public int Ask(int wanted)
    {
        Return(ref _asked);
        var granted = _budget.TakeUpTo(wanted, Math.Min(wanted, Least));
        _asked = granted;
        return granted;
    }

    /// <summary>So many were read after the last <see cref="Ask"/>.</summary>
    public void Settle(long bytes)
    {
        Expand(bytes);
        Return(ref _asked);
    }

    /// <summary>What was read has become so much larger in memory.</summary>
    public void Expand(long bytes)
    {
        _budget.Take(bytes);
        _current += bytes;
    }

    /// <summary>Whether what was read ahead may be kept.</summary>
    public bool TryKeep(long bytes)
    {
        if (!_budget.TryTake(bytes))
            return false;
        Interlocked.Add(ref _ahead, bytes);
        return true;
    }

    /// <summary>What was kept is written now.</summary>
    public void Use(long bytes)
    {
        Interlocked.Add(ref _ahead, -bytes);
        _current += bytes;
    }

    /// <summary>What was read was written; what is read ahead is kept.</summary>
    public void Written()
    {
        Return(ref _asked);
        Return(ref _current);
    }

    public void Dispose()
    {
        Written();
        Return(ref _ahead);
    }

    private void Return(ref long bytes)
    {
        if (bytes > 0)
            _budget.Return(bytes);
        bytes = 0;
    }
}
