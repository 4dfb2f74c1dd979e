namespace ManagedLog.Local;

/// <summary>How this program ends; 0 is a stop that was asked for.</summary>
internal static class ExitCodes
{
    public const int Stopped = 0;

    /// <summary>It could not start, or something that it had started ended by itself.</summary>
    public const int Failed = 1;

    /// <summary>The command line was refused; nothing was started.</summary>
    public const int Usage = 2;
}
