using System.Globalization;
using System.Text.Json;

namespace ManagedLog.Functions.Api.Errors;

/// <summary>What a request can be refused for before the engine is asked.</summary>
internal static class FormErrors
{
    public static ApiError NotFound(string path) => new(404, 404, $"There is nothing at {path}.");

    public static ApiError MethodNotAllowed(string method, string path) => new(405, 405, $"{method} is not possible at {path}; the Allow header names what is.");

    public static ApiError NotAcceptable(string accepted, IEnumerable<string> supported) =>
        new(406, 406, $"The answer cannot be given as {accepted}; Accept one of {string.Join(", ", supported)}.");

    public static ApiError UnsupportedMediaType(string? contentType, string supported) =>
        new(415, 415, $"A body of type {(string.IsNullOrEmpty(contentType) ? "(no Content-Type)" : contentType)} is not taken here; send {supported}.");

    public static ApiError UnsupportedEncoding(string encoding) =>
        new(415, 415, $"Content-Encoding {encoding} is not supported; send the body as it is, or with gzip.");

    public static ApiError UnsupportedCharset(string charset) => new(400, 400, $"The charset {charset} is not supported; send UTF-8 or ISO-8859-1.");

    public static ApiError StreamTooLong(TimeSpan limit) => new(
        408, 408, string.Create(CultureInfo.InvariantCulture, $"The stream has lasted {limit:c}, the longest that it may. What is reported before this stands; go on in another request."));

    public static ApiError BodyTooLarge(long limit) =>
        new(413, 413, string.Create(CultureInfo.InvariantCulture, $"The body is larger than {limit} bytes; send it in several requests."));

    public static ApiError BodyMissing(string expected) => new(422, 422, $"The body is empty; send {expected}.");

    public static ApiError NoRecords { get; } = new(422, 42206, """The body is empty; send records, for instance {"value":{"type":"STRING","data":"hello"}}.""");

    public static ApiError InvalidUtf8 { get; } = new(400, 400, "The body is not valid UTF-8.");

    public static ApiError MalformedJson(JsonException exception) => new(400, 400, "Malformed JSON: " + MessageOf(exception));

    public static ApiError Malformed(string what) => new(400, 400, what);

    public static ApiError UnknownMember(string where, string? member) => new(422, 422, $"{where} has no member \"{member}\".");

    public static ApiError Unprocessable(string what) => new(422, 422, what);

    public static ApiError BadParameter(string what) => new(400, 40002, what);

    public static ApiError UnknownCluster(string cluster) => new(404, 404, $"Cluster {cluster} cannot be found.");

    /// <summary>40401, which v2's produce and partition calls use; <see cref="ErrorMapping"/> says 40403, as Kafka's own error does elsewhere.</summary>
    public static ApiError UnknownTopic(string topic) => new(404, 40401, $"Topic {topic} not found.");

    public static ApiError UnknownPartition(string topic, string partition) => new(404, 40402, $"Partition {partition} of topic {topic} not found.");

    public static ApiError UnknownPartition(string topic, int partition, int partitions) => new(
        404,
        40402,
        string.Create(CultureInfo.InvariantCulture, $"Partition {partition} of topic {topic} not found; it has partitions 0 to {partitions - 1}."));

    public static ApiError RecordTooLarge(string topic, int maxMessageBytes) => new(
        413,
        413,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The record is larger than topic {topic} takes: a batch with it alone would pass max.message.bytes, {maxMessageBytes} bytes. Send it in parts or raise the limit."));

    public static ApiError KeyMissing(string topic) => new(
        400, 40002, $"The record has no key, but topic {topic} is compacted (cleanup.policy) and keeps the last record of each key. It was not appended; give it a key.");

    public static ApiError TimestampTooFarAhead(string topic, long timestamp) => new(
        400,
        40002,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The timestamp {timestamp} is further ahead of the service's clock than topic {topic} allows (message.timestamp.after.max.ms). Mend the producer's clock or raise that config."));

    /// <summary>The deserializer names our types where a value is of the wrong kind, which says nothing to a client.</summary>
    private static string MessageOf(JsonException exception) =>
        exception.Message.Contains("could not be converted", StringComparison.Ordinal) ? $"the value at {exception.Path ?? "$"} is of the wrong kind." : exception.Message;
}
