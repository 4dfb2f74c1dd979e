namespace ManagedLog.Engine.Backend;

/// <summary>Storage will not accept this call however often it is made (credentials, a malformed request, a name of the wrong kind). It took no effect.</summary>
public sealed class StorageRefusedException : Exception
{
    public StorageRefusedException()
    {
    }

    public StorageRefusedException(string message)
        : base(message)
    {
    }

    public StorageRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
