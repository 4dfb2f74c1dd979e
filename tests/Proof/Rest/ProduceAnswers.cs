using System.Net.Http.Json;
using System.Text.Json;

namespace ManagedLog.Proof.Rest;

/// <summary>What a producer knows after a v2 produce was answered, or was not.</summary>
internal static class ProduceAnswers
{
    /// <summary>The error code for an append whose outcome nobody knows.</summary>
    private const int OutcomeUnknown = 50401;

    private const int ServiceUnavailable = 503;

    /// <summary>Sends a produce and reads its answer.</summary>
    /// <param name="send">Must not end before the answer's headers are there.</param>
    public static async Task<ProduceResult> AwaitAsync(Func<Task<HttpResponseMessage>> send, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await send();
            return answer.IsSuccessStatusCode
                ? Judge(await answer.Content.ReadFromJsonAsync(RestJson.Default.ProduceAnswer, cancellationToken))
                : Judge((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync(RestJson.Default.ErrorAnswer, cancellationToken));
        }
        catch (Exception e) when (IsOfTheNetwork(e))
        {
            return Judge(e);
        }
    }

    /// <summary>There was no answer, or none that can be understood.</summary>
    public static bool IsOfTheNetwork(Exception e) => e is HttpRequestException or IOException or OperationCanceledException or JsonException;

    /// <summary>After an exception <see cref="IsOfTheNetwork"/>.</summary>
    public static ProduceResult Judge(Exception e) => e is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError }
        // No connection was made, so nothing was sent.
        ? ProduceResult.Refused(e.Message)
        : ProduceResult.Unknown(e.Message);

    public static ProduceResult Judge(int status, ErrorAnswer? answer)
    {
        var reason = $"HTTP {status}, {answer!.ErrorCode}: {answer.Message}";
        // A refusal of the request, or "not now, try again": nothing was appended.
        return (status is < 500 or ServiceUnavailable ? ProduceResult.Refused(reason) : ProduceResult.Unknown(reason)) with { Status = status };
    }

    private static ProduceResult Judge(ProduceAnswer? answer)
    {
        if (answer!.Offsets.All(static record => record.Offset is not null))
            return ProduceResult.Acknowledged([.. answer.Offsets.Select(static record => record.Offset!.Value)]);
        // All records of one request go to one partition, but if only some were appended, nobody should rely on the others' reasons.
        var first = answer.Offsets.First(static record => record.Offset is null);
        var reason = $"{first.ErrorCode}: {first.Error}";
        return answer.Offsets.Any(static record => record.Offset is not null) || first.ErrorCode == OutcomeUnknown
            ? ProduceResult.Unknown(reason)
            : ProduceResult.Refused(reason);
    }
}
