using Azure.Core;

namespace ManagedLog.AzureStorage.Transport;

/// <summary>What the blob and the table client have in common: no retries of the SDK's, no time-out of its own, one request per verb.</summary>
internal static class PipelineSettings
{
    public static void Apply(ClientOptions options)
    {
        // Retries are made above the seam, where it is known which call may be repeated.
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = Timeout.InfiniteTimeSpan;
        options.Diagnostics.IsLoggingEnabled = false;
        options.Diagnostics.ApplicationId = "ManagedLog";
        options.AddPolicy(OneRequestPolicy.Instance, HttpPipelinePosition.BeforeTransport);
    }
}
