namespace ManagedLog.Functions.Api.Errors;

/// <summary>
/// One error as the interface says it: as the answer to a request, or as one record's entry in an answer that is otherwise good.
/// </summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">
/// What stands in <c>error_code</c>. Where it has five digits, the first three are the HTTP status; the one exception is 50003 ("retriable"),
/// which is sent with 503, the status that proxies and clients repeat.
/// </param>
/// <param name="Message">Names what it concerns, the limit that was passed, and what to do.</param>
internal sealed record ApiError(int Status, int Code, string Message)
{
    /// <summary>Set where the same request may be made again after so many seconds.</summary>
    public int? RetryAfterSeconds { get; init; }
}
