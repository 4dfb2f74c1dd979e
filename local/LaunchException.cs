namespace ManagedLog.Local;

/// <summary>
/// Something outside this program keeps it from starting or running. The message is one sentence for the person at the console and says what to do.
/// </summary>
public sealed class LaunchException : Exception
{
    public LaunchException()
    {
    }

    public LaunchException(string message)
        : base(message)
    {
    }

    public LaunchException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
