namespace ManagedLog.AzureStorage.Tables;

internal enum TableUpdateMode
{
    /// <summary>Sets the properties given and leaves the others.</summary>
    Merge = 0,

    /// <summary>Leaves nothing of the entity that was there.</summary>
    Replace,
}
