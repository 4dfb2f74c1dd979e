using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.V2;
using ManagedLog.Functions.Security;

namespace ManagedLog.Functions.Api.Produce;

/// <summary>
/// The header <c>Idempotency-Key</c>, which each caller has for itself: a produce that is sent again under its key, to any instance within 24 hours, is answered as the first time and appends nothing.
/// </summary>
internal sealed class Idempotency(LogEngine engine, Entropy entropy)
{
    public const string Header = "Idempotency-Key";

    /// <summary>As many as the engine remembers of a producer in each partition.</summary>
    private const int MaxBatches = 5;

    /// <summary>Null and no error: the request has no key.</summary>
    public static bool TryRead(IHeaderDictionary headers, out string? key, [NotNullWhen(false)] out ApiError? error)
    {
        error = null;
        key = null;
        if (!headers.TryGetValue(Header, out var values))
            return true;
        key = values.ToString();
        if (values.Count == 1 && key.Length is >= 1 and <= 255 && key.All(c => c is > ' ' and <= '~'))
            return true;
        error = FormErrors.Malformed($"{Header} is given once and has 1 to 255 visible ASCII characters.");
        return false;
    }

    /// <summary>A request that is sent again is recognised by the last five batches of its producer in each partition. Null: it can be.</summary>
    public static ApiError? Check(AppendPlan plan) => plan.Batches.Values.All(batches => batches.BatchCount <= MaxBatches)
        ? null
        : FormErrors.Unprocessable($"With {Header} a request has at most {MaxBatches} batches of max.message.bytes ({plan.BatchBytes}) for one partition. Nothing was appended; send it in smaller requests, each under a key of its own.");

    /// <summary>Settles with storage what the key stands for.</summary>
    public async ValueTask<(IdempotencyClaim? Claim, ApiError? Error)> ClaimAsync(string key, Topic topic, HttpRequest request, ReadOnlyMemory<byte> body)
    {
        var asked = new IdempotentRequest(topic.Id, key, Caller.Of(request.HttpContext).IdempotencyId, HashOf(request, body.Span), topic.Partitions, entropy.NextDouble(), topic.Config.MaxMessageBytes);
        var claim = await engine.ClaimIdempotencyKeyAsync(asked, request.HttpContext.RequestAborted);
        if (claim.IsRefused)
            return (null, ErrorMapping.From(claim.Refusal));
        return claim.Value.IsOtherRequest
            ? (null, FormErrors.Unprocessable($"{Header} '{key}' was used for another request to this topic in the last 24 hours. Nothing was appended; use a new key for a new request."))
            : (claim.Value, null);
    }

    /// <summary>Of all that makes the request what it is: where it goes, how its body is to be read, and the body.</summary>
    private static string HashOf(HttpRequest request, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{RouteParts.Get(request.HttpContext, "topic")}\n{request.RouteValues["partition"]}\n{request.ContentType}\n{request.Query["format"]}\n"));
        if (request.Query.TryGetValue(WholeBodyForm.Parameter, out var recordKey))
            hash.AppendData(Encoding.UTF8.GetBytes($"{recordKey}\n"));
        hash.AppendData(body);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
