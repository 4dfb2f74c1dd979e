using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Functions.Api.V3;

namespace ManagedLog.Functions.Api.Fetch;

/// <summary>A stateless fetch as it is asked for. At least one record is given where there is one, whatever <paramref name="MaxBytes"/> says.</summary>
/// <param name="MaxRecords">At most so many records.</param>
/// <param name="MaxBytes">Of keys and values, before they are written as JSON.</param>
/// <param name="ContentType">Of the answer.</param>
internal sealed record FetchQuery(FetchFrom From, int MaxRecords, int MaxBytes, TimeSpan MaxWait, EmbeddedFormat Format, string ContentType)
{
    /// <summary>Whole batches as they are stored, and no JSON.</summary>
    public bool IsRaw => ContentType == MediaTypes.RecordBatch;

    /// <summary>Records one after another as they come, and not one answer.</summary>
    public bool IsStream => IsEvents || ContentType == MediaTypes.Lines;

    public bool IsEvents => ContentType == MediaTypes.EventStream;

    /// <summary>As the parameter <c>format</c> named it; null where it did not.</summary>
    public EmbeddedFormat? NamedFormat { get; init; }

    /// <summary>As it was given, at most <see cref="MaxWaitLimit"/>; null where it was not: a stream then follows the log.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>What ends a stream; unlimited where nothing was given.</summary>
    public long StreamBytes { get; init; } = long.MaxValue;

    /// <summary>Behind which event to go on, instead of <see cref="From"/>.</summary>
    public string? LastEventId { get; init; }

    /// <summary>Default and cap of <c>max_bytes</c>.</summary>
    public const int MaxBytesLimit = 64 * 1024 * 1024;

    /// <summary>In ms, as the parameter <c>timeout</c> is.</summary>
    public const int DefaultWait = 1_000;
    public const int MaxWaitLimit = 60_000;

    /// <summary>Instead of the header, which an <c>EventSource</c> of a page that was loaded again cannot set.</summary>
    private const string LastEventIdParameter = "last_event_id";

    /// <summary>The first is the default: for no Accept header, and for one that takes anything.</summary>
    private static readonly string[] Answers =
        [MediaTypes.BinaryV2, MediaTypes.JsonV2, MediaTypes.TextV2, MediaTypes.V2, MediaTypes.Json, MediaTypes.RecordBatch, MediaTypes.EventStream, MediaTypes.Lines];

    private static readonly string[] AnswersOfV3 =
        [MediaTypes.Json, MediaTypes.BinaryV2, MediaTypes.JsonV2, MediaTypes.TextV2, MediaTypes.V2, MediaTypes.RecordBatch, MediaTypes.EventStream, MediaTypes.Lines];

    public static bool TryRead(HttpRequest request, [NotNullWhen(true)] out FetchQuery? query, [NotNullWhen(false)] out ApiError? error) =>
        TryRead(request, request.Query, hasPlaces: false, out query, out error);

    /// <summary>By other parameters than those of the path.</summary>
    /// <param name="hasPlaces">Where to begin stands elsewhere.</param>
    public static bool TryRead(
        HttpRequest request, IQueryCollection parameters, bool hasPlaces, [NotNullWhen(true)] out FetchQuery? query, [NotNullWhen(false)] out ApiError? error)
    {
        query = null;
        var records = int.MaxValue;
        var bytes = MaxBytesLimit;
        var wait = DefaultWait;
        if (!TryReadFormat(request, parameters, out var format, out var type, out error) || !TryReadLastEventId(request, parameters, type, out var lastEventId, out error))
            return false;
        if (!TryReadFrom(parameters, hasPlaces || lastEventId is not null, out var from, out error))
            return false;
        if (!TryReadNumber(parameters["count"].ToString(), 1, ref records))
            error = FormErrors.BadParameter("count is a number from 1 on.");
        else if (!TryReadNumber(parameters["max_bytes"].ToString(), 1, ref bytes))
            error = FormErrors.BadParameter($"max_bytes is a number from 1 on; more than {MaxBytesLimit} is taken as that.");
        else if (!TryReadNumber(parameters["timeout"].ToString(), 0, ref wait))
            error = FormErrors.BadParameter($"timeout is a number of milliseconds from 0 on; more than {MaxWaitLimit} is taken as that.");
        if (error is not null)
            return false;
        var maxWait = TimeSpan.FromMilliseconds(Math.Min(wait, MaxWaitLimit));
        query = new FetchQuery(from, records, Math.Min(bytes, MaxBytesLimit), maxWait, format, type)
        {
            NamedFormat = parameters["format"].ToString().Length > 0 ? format : null,
            Timeout = parameters["timeout"].ToString().Length > 0 ? maxWait : null,
            StreamBytes = parameters["max_bytes"].ToString().Length > 0 ? bytes : long.MaxValue,
            LastEventId = lastEventId,
        };
        return true;
    }

    /// <summary>An <c>EventSource</c> sends the id that it saw last by itself, to the address that it was made with: the id is newer than what stands there.</summary>
    private static bool TryReadLastEventId(
        HttpRequest request, IQueryCollection parameters, string type, out string? id, [NotNullWhen(false)] out ApiError? error)
    {
        error = null;
        var header = request.Headers["Last-Event-ID"].ToString();
        var parameter = parameters[LastEventIdParameter].ToString();
        var isStream = type is MediaTypes.EventStream or MediaTypes.Lines;
        id = isStream && header.Length > 0 ? header : parameter.Length > 0 ? parameter : null;
        if (parameter.Length > 0 && !isStream)
            error = FormErrors.BadParameter($"{LastEventIdParameter} is for streams; Accept {MediaTypes.EventStream} or {MediaTypes.Lines}, or give offset.");
        return error is null;
    }

    private static bool TryReadFrom(IQueryCollection parameters, bool isOptional, out FetchFrom from, [NotNullWhen(false)] out ApiError? error)
    {
        error = null;
        from = FetchFrom.Latest;
        if (isOptional && !parameters.ContainsKey("timestamp") && !parameters.ContainsKey("offset"))
            return true;
        if (!parameters.ContainsKey("timestamp"))
            return TryReadOffset(parameters["offset"].ToString(), out from, out error);
        if (parameters.ContainsKey("offset"))
            error = FormErrors.BadParameter("offset and timestamp cannot be given together.");
        else if (Timestamps.TryParse(parameters["timestamp"].ToString(), out var timestamp))
            from = FetchFrom.AtTimestamp(timestamp);
        else
            error = FormErrors.BadParameter($"timestamp={parameters["timestamp"]} is not a time; it is milliseconds since 1970 or ISO 8601 (2026-01-31T12:00:00Z).");
        return error is null;
    }

    private static bool TryReadOffset(string text, out FetchFrom from, [NotNullWhen(false)] out ApiError? error)
    {
        error = null;
        from = FetchFrom.Latest;
        if (text.Length == 0)
            error = FormErrors.BadParameter("Missing mandatory parameter 'offset'; it is a number, earliest or latest. Or give timestamp.");
        else if (text == "earliest")
            from = FetchFrom.Earliest;
        else if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
            from = FetchFrom.At(offset);
        else if (text != "latest")
            error = FormErrors.BadParameter($"offset={text} is not an offset; it is a number from 0 on, earliest or latest.");
        return error is null;
    }

    /// <summary>Absent or empty leaves the default; what does not fit in 31 bits is as good as unlimited.</summary>
    private static bool TryReadNumber(string text, int least, ref int number)
    {
        if (text.Length == 0)
            return true;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value < least)
            return false;
        number = (int)Math.Min(value, int.MaxValue);
        return true;
    }

    private static bool TryReadFormat(
        HttpRequest request, IQueryCollection parameters, out EmbeddedFormat format, [NotNullWhen(true)] out string? type, [NotNullWhen(false)] out ApiError? error)
    {
        error = null;
        format = EmbeddedFormat.Binary;
        var answers = ApiPaths.IsV3(request.Path) ? AnswersOfV3 : Answers;
        type = AcceptHeader.Choose(request.Headers.Accept, answers);
        var named = parameters["format"].ToString();
        if (type is null)
            error = FormErrors.NotAcceptable(request.Headers.Accept.ToString(), answers);
        else if (named.Length > 0 && !EmbeddedFormats.TryParse(named, out format))
            error = FormErrors.BadParameter($"format={named} is not known; it is binary, json or text.");
        else if (named.Length == 0)
            format = type == MediaTypes.JsonV2 ? EmbeddedFormat.Json : type == MediaTypes.TextV2 ? EmbeddedFormat.Text : EmbeddedFormat.Binary;

        // A generic type stays what the client asked for; otherwise the type says what is inside.
        if (error is null && type == MediaTypes.RecordBatch && parameters.ContainsKey("count"))
            error = FormErrors.BadParameter("count cannot be used with record batches, which are given whole; use max_bytes.");
        if (error is null && type is not (MediaTypes.Json or MediaTypes.RecordBatch or MediaTypes.EventStream or MediaTypes.Lines))
            type = format.MediaType();
        return error is null;
    }
}
