namespace ManagedLog.Functions.Hosting;

/// <summary>The service cannot start as it is configured. The message is one sentence for whoever started it.</summary>
internal sealed class StartException : Exception
{
    public StartException()
    {
    }

    public StartException(string message)
        : base(message)
    {
    }

    public StartException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
