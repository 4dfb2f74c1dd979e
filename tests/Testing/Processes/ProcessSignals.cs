using System.Runtime.InteropServices;

namespace ManagedLog.Testing.Processes;

/// <summary>Sends POSIX signals to processes that a test has started, by their id.</summary>
public static class ProcessSignals
{
    private const int Interrupt = 2;
    private const int Kill = 9;
    private const int Terminate = 15;

    // Linux's numbers; other systems have others.
    private const int Continue = 18;
    private const int Stop = 19;

    /// <summary>SIGINT: what Ctrl+C sends.</summary>
    public static void SendInterrupt(int processId) => Send(processId, Interrupt);

    /// <summary>SIGTERM.</summary>
    public static void SendTerminate(int processId) => Send(processId, Terminate);

    /// <summary>SIGKILL: the process ends at once and can do nothing about it. Never for an emulator, which would forget what it acknowledged.</summary>
    public static void SendKill(int processId) => Send(processId, Kill);

    /// <summary>SIGSTOP: the process stands still, its connections stay open, and it can do nothing about it.</summary>
    public static void SendStop(int processId) => Send(processId, Stop);

    /// <summary>SIGCONT: a process that stands still goes on as if nothing had been.</summary>
    public static void SendContinue(int processId) => Send(processId, Continue);

    private static void Send(int processId, int signal)
    {
        if (kill(processId, signal) != 0)
            throw new InvalidOperationException($"Signal {signal} could not be sent to process {processId}: error {Marshal.GetLastPInvokeError()}.");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
#pragma warning disable IDE1006, SYSLIB1054 // The C library's own name; a generated stub needs unsafe code for the whole project.
    private static extern int kill(int processId, int signal);
#pragma warning restore IDE1006, SYSLIB1054
}
