using ManagedLog.Testing.Processes;

namespace ManagedLog.Proof.Servers;

/// <summary>A process that stands still until this is disposed.</summary>
internal sealed class PausedProcess : IDisposable
{
    private readonly int _processId;

    public PausedProcess(int processId)
    {
        _processId = processId;
        ProcessSignals.SendStop(processId);
    }

    public void Dispose() => ProcessSignals.SendContinue(_processId);
}
