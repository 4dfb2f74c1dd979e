using Azure;
using ManagedLog.AzureStorage.Transport;
using ManagedLog.Engine.Backend;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>Which condition of a row batch failed, and of which operation. Codes: learn.microsoft.com/rest/api/storageservices/table-service-error-codes.</summary>
internal static class RowFailures
{
    public static Outcome<T>? OfCommit<T>(RequestFailedException e, int operations)
    {
        var operation = e is TableTransactionFailedException { FailedTransactionActionIndex: { } index } && index < operations ? index : operations == 1 ? 0 : -1;
        return e switch
        {
            { ErrorCode: "EntityAlreadyExists" } => Outcome.ConditionFailed<T>(ConditionFailure.Exists, FailureMapping.Describe(e), operation),
            { Status: 412 } => Outcome.ConditionFailed<T>(ConditionFailure.ETag, FailureMapping.Describe(e), operation),

            // It is the table that is absent, not a row.
            { ErrorCode: "TableNotFound" } => Outcome.Missing<T>(FailureMapping.Describe(e)),
            { Status: 404 } => Outcome.Missing<T>(FailureMapping.Describe(e), operation),
            _ => null,
        };
    }
}
