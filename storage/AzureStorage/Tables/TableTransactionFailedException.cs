using Azure;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>A transaction was refused as a whole, because of one of its actions.</summary>
internal sealed class TableTransactionFailedException(int status, string message, string? errorCode, int? failedTransactionActionIndex)
    : RequestFailedException(status, message, errorCode, null)
{
    /// <summary>Null if the service did not name the action.</summary>
    public int? FailedTransactionActionIndex { get; } = failedTransactionActionIndex;
}
