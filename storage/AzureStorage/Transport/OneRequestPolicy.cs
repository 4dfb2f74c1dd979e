using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace ManagedLog.AzureStorage.Transport;

/// <summary>
/// Holds the SDK to one request per verb. Its retries are switched off by option, but for one: a download whose body breaks off is resumed
/// by a second request, whatever the options say. Here the second request fails, and the caller sees the outcome of the first: unknown.
/// </summary>
/// <remarks>A request that was answered 401 was not carried out; the credential may send it once more with what the service asks for.</remarks>
internal sealed class OneRequestPolicy : HttpPipelinePolicy
{
    private const string Property = "ManagedLog.RequestsSent";

    public static OneRequestPolicy Instance { get; } = new();

    /// <summary>Until the scope is disposed, in this asynchronous flow, one request may be sent.</summary>
    public static IDisposable BeginVerb() => HttpPipeline.CreateHttpMessagePropertiesScope(new Dictionary<string, object?> { [Property] = new Budget() });

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var budget = Take(message);
        ProcessNext(message, pipeline);
        budget.Answered(message.Response.Status);
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var budget = Take(message);
        await ProcessNextAsync(message, pipeline);
        budget.Answered(message.Response.Status);
    }

    private static Budget Take(HttpMessage message)
    {
        if (!message.TryGetProperty(Property, out var value) || value is not Budget budget)
            throw new InvalidOperationException("A request to storage was sent outside of a verb.");
        budget.Take();
        return budget;
    }

    private sealed class Budget
    {
        private int _left = 1;

        public void Take()
        {
            if (Interlocked.Exchange(ref _left, 0) == 0)
                throw new RequestFailedException("A second request for the same call was held back.");
        }

        public void Answered(int status)
        {
            if (status == 401)
                _left = 1;
        }
    }
}
