using ManagedLog.Engine;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Simulation.Workload;

/// <summary>What a client got from an instance: an answer, or nothing because the instance died or the client gave up.</summary>
internal readonly record struct Reply<T>(bool IsLost, Result<T> Result)
{
    public static Reply<T> Lost => new(true, default);

    public static Reply<T> Of(Result<T> result) => new(false, result);

    public bool IsAnswered => !IsLost && !Result.IsRefused;

    /// <summary>None when it was lost or answered.</summary>
    public ErrorCode Refusal => IsLost ? ErrorCode.None : Result.Refusal?.Code ?? ErrorCode.None;

    /// <summary>Nobody can tell whether it was done.</summary>
    public bool IsUnknown => IsLost || Refusal is ErrorCode.RequestTimedOut or ErrorCode.NotEnoughReplicasAfterAppend or ErrorCode.UnknownServerError;
}
