using System.Globalization;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Limits;

/// <summary>What a request is told that passes a limit of the instance or of its caller. None of them had an effect.</summary>
internal static class LimitErrors
{
    public static ApiError TooManyRequests { get; } =
        new(503, 50003, "Too many requests are under way on this instance. Nothing was done; send again after Retry-After.") { RetryAfterSeconds = 1 };

    public static ApiError TooManyWaiting { get; } =
        new(503, 50003, "Too many fetches and streams are under way on this instance. Nothing was done; send again after Retry-After.") { RetryAfterSeconds = 1 };

    public static ApiError BodiesFull { get; } =
        new(503, 50003, "Too many bytes of request bodies are under way on this instance. Nothing was appended; send again after Retry-After, or less at once.") { RetryAfterSeconds = 1 };

    public static ApiError AnswersFull { get; } =
        new(503, 50003, "Too many bytes of answers are under way on this instance. Nothing was done; send again after Retry-After, or ask for less at once.") { RetryAfterSeconds = 1 };

    public static ApiError OverShareOfBodies { get; } =
        new(429, 42901, "You have too many bytes of request bodies under way. Nothing was appended; send again after Retry-After, or less at once.") { RetryAfterSeconds = 1 };

    public static ApiError OverShareOfAnswers { get; } =
        new(429, 42901, "You have too many bytes of answers under way. Nothing was done; take them, and send again after Retry-After.") { RetryAfterSeconds = 1 };

    public static ApiError RecordTooSlow { get; } = new(408, 408, "The record did not come to its end in time. It was not appended, and nothing behind it was read.");

    public static ApiError OverQuota(TimeSpan again)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(again.TotalSeconds));
        return new ApiError(
            429,
            42901,
            string.Create(CultureInfo.InvariantCulture, $"You are over your quota of requests, bytes or requests at once. Nothing was done; send again after {seconds} s.")) { RetryAfterSeconds = seconds };
    }

    public static ApiError TooManyPartitions(int limit) =>
        new(400, 40002, string.Create(CultureInfo.InvariantCulture, $"A topic has at most {limit} partitions here (ManagedLog:Limits:MaxPartitionsPerTopic). Nothing was changed."));

    public static ApiError TooManyTopics(int limit) =>
        new(400, 40002, string.Create(CultureInfo.InvariantCulture, $"There are {limit} topics or more, and no more may be made (ManagedLog:Limits:MaxTopics). Delete some that are not used."));
}
