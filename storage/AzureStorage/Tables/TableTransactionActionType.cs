namespace ManagedLog.AzureStorage.Tables;

internal enum TableTransactionActionType
{
    Add = 0,
    UpdateMerge,
    UpdateReplace,
    Delete,
    UpsertReplace,
}
