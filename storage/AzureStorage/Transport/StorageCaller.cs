using System.Text.Json;
using System.Xml;
using Azure;
using ManagedLog.Engine.Backend;

namespace ManagedLog.AzureStorage.Transport;

/// <summary>Makes one call under its deadline and turns whatever comes of it into an outcome.</summary>
internal sealed class StorageCaller(TimeProvider time)
{
    /// <param name="timeout">Our own patience; when it ends the outcome is unknown.</param>
    /// <param name="call">Sends one request and reads its answer. May throw what the SDK throws.</param>
    /// <param name="failure">What an error answer of the service means to this verb; null if it means nothing special.</param>
    /// <param name="cancellationToken">The caller's own.</param>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    /// <exception cref="StorageRefusedException">The service will not accept the call.</exception>
    public async ValueTask<Outcome<T>> CallAsync<T>(
        TimeSpan timeout, Func<CancellationToken, Task<T>> call, Func<RequestFailedException, Outcome<T>?> failure, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        using var verb = OneRequestPolicy.BeginVerb();
        try
        {
            return Outcome.Done(await call(linked.Token));
        }
        catch (RequestFailedException e) when (!linked.IsCancellationRequested || e.Status != 0)
        {
            return failure(e) ?? FailureMapping.Common<T>(e);
        }
        catch (Exception e) when (linked.IsCancellationRequested && e is not StorageRefusedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Outcome.Unknown<T>($"No answer within {timeout.TotalSeconds} s.");
        }
        catch (Exception e) when (IsBrokenAnswer(e))
        {
            return Outcome.Unknown<T>($"{e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>
    /// The answer broke off or cannot be understood: what the call did is open. A cancellation that neither the caller nor the deadline asked for
    /// is the transport's own, when a connection takes too long.
    /// </summary>
    private static bool IsBrokenAnswer(Exception e) => e switch
    {
        FileNotFoundException or FileLoadException => false,
        AggregateException aggregate => aggregate.InnerExceptions.All(inner => inner is RequestFailedException || IsBrokenAnswer(inner)),
        OperationCanceledException or IOException or HttpRequestException or InvalidDataException or FormatException or JsonException or XmlException => true,
        _ => false,
    };
}
