using Azure;
using ManagedLog.Engine.Backend;

namespace ManagedLog.AzureStorage.Transport;

/// <summary>What an error answer means, whatever the verb. Codes: learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes.</summary>
internal static class FailureMapping
{
    /// <exception cref="StorageRefusedException">The service will not accept the call.</exception>
    public static Outcome<T> Common<T>(RequestFailedException e) => e.Status switch
    {
        // No answer: refused or reset connection, unknown host, a second request held back.
        0 => Outcome.Unknown<T>(FirstLine(e)),
        404 => Outcome.Missing<T>(Describe(e)),
        429 => Outcome.Throttled<T>(Describe(e)),
        503 when e.ErrorCode == "ServerBusy" => Outcome.Throttled<T>(Describe(e)),

        // 500 OperationTimedOut too: the operation may have been carried out. 408: the request did not arrive whole, or did.
        408 or >= 500 => Outcome.Unknown<T>(Describe(e)),
        < 300 => Outcome.Unknown<T>($"{e.Status}, but not the answer that was expected."),
        _ => throw Refused(e),
    };

    public static string Describe(RequestFailedException e) => $"{e.Status} {e.ErrorCode}".TrimEnd();

    /// <summary>The exception itself is left behind: its text repeats headers, and on a failed authentication what was signed.</summary>
    private static StorageRefusedException Refused(RequestFailedException e) => e.Status is 401 or 403
        ? new StorageRefusedException($"Azure Storage refused access ({Describe(e)}): check the credential, its role and the clock.")
        : new StorageRefusedException($"Azure Storage refused the call ({Describe(e)}): {FirstLine(e)}");

    private static string FirstLine(RequestFailedException e)
    {
        var end = e.Message.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? e.Message : e.Message[..end];
    }
}
