using Azure;
using ManagedLog.AzureStorage.Transport;
using ManagedLog.Engine.Backend;

namespace ManagedLog.AzureStorage.Blobs;

/// <summary>Which condition of a blob call failed. Codes: learn.microsoft.com/rest/api/storageservices/blob-service-error-codes.</summary>
internal static class BlobFailures
{
    /// <summary>Create, put, commit: each sent with <c>If-None-Match: *</c>, so that any failed condition means that a blob is there.</summary>
    public static Outcome<T>? OfCreate<T>(RequestFailedException e) => e.Status == 412 || e.ErrorCode is "BlobAlreadyExists" or "UnauthorizedBlobOverwrite"
        ? Failed<T>(ConditionFailure.Exists, e)
        : null;

    public static Outcome<T>? OfAppend<T>(RequestFailedException e) => e.ErrorCode switch
    {
        "AppendPositionConditionNotMet" => Failed<T>(ConditionFailure.AppendPosition, e),
        "BlockCountExceedsLimit" => Failed<T>(ConditionFailure.BlockCount, e),
        _ => OfLease<T>(e),
    };

    public static Outcome<T>? OfDelete<T>(RequestFailedException e) => e.ErrorCode switch
    {
        "ConditionNotMet" or "TargetConditionNotMet" => Failed<T>(ConditionFailure.ETag, e),
        _ => OfLease<T>(e),
    };

    public static Outcome<T>? OfLease<T>(RequestFailedException e) =>
        e.Status is 409 or 412 && e.ErrorCode?.StartsWith("Lease", StringComparison.Ordinal) == true ? Failed<T>(ConditionFailure.Lease, e) : null;

    public static Outcome<T>? Nothing<T>(RequestFailedException e) => null;

    private static Outcome<T> Failed<T>(ConditionFailure failure, RequestFailedException e) => Outcome.ConditionFailed<T>(failure, FailureMapping.Describe(e));
}
