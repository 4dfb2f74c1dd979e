using ManagedLog.Engine.Consumers;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>What came of a poll.</summary>
/// <param name="Stored">The instance as it is stored now; null where that is not known.</param>
/// <param name="Before">As it was before what is given out was taken note of: what to go back to when nobody can be given it.</param>
/// <param name="Parts">What is to be given out.</param>
internal sealed record PollOutcome(StoredConsumer? Stored, ConsumerInstance? Before, IReadOnlyList<PolledBatches> Parts)
{
    public ApiError? Error { get; init; }

    public static PollOutcome Failed(ApiError error) => new(null, null, []) { Error = error };

    public static PollOutcome Nothing(StoredConsumer? stored) => new(stored, null, []);
}
