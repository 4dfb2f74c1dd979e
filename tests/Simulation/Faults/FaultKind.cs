using ManagedLog.Engine.Backend;

namespace ManagedLog.Simulation.Faults;

/// <summary>What happens to one storage call.</summary>
public enum FaultKind
{
    None = 0,

    /// <summary>The request never arrives: no effect, the caller learns Unknown.</summary>
    LostRequest,

    /// <summary>The call takes effect, its answer is lost: the caller learns Unknown.</summary>
    LostReply,

    /// <summary>The caller learns Unknown now, and the call takes effect (or meets its condition) later.</summary>
    Late,

    /// <summary>The service is busy: no effect, the caller learns Throttled.</summary>
    Throttled,

    /// <summary>The service will not have it (credentials that ran out): no effect, the caller gets a <see cref="StorageRefusedException"/>.</summary>
    Refused,

    /// <summary>No effect and never an answer; only the caller's token ends the wait.</summary>
    Hang,

    /// <summary>Something else is done first; then the call goes on as usual.</summary>
    Before,

    /// <summary>Something else is done after the effect, before the caller gets its answer.</summary>
    After,
}
