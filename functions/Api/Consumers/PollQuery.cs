using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ManagedLog.Engine.Consumers;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Functions.Limits;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>A poll as it is asked for, by an instance that was created with settings of its own. At least one record is given where there is one, whatever the limits say.</summary>
/// <param name="MaxBytes">Of keys and values, before they are written as JSON.</param>
/// <param name="MinBytes">It goes on collecting up to so many while its time lasts.</param>
/// <param name="ContentType">Of the answer.</param>
internal sealed record PollQuery(TimeSpan MaxWait, int MaxBytes, int MaxRecords, int MinBytes, EmbeddedFormat Format, EmbeddedFormat KeyFormat, string ContentType)
{
    public bool IsStream => ContentType is MediaTypes.EventStream or MediaTypes.Lines;

    /// <summary>The time was given: a stream ends when nothing has come for so long.</summary>
    public bool HasTimeout { get; init; }

    /// <summary>What the request has of the instance, and its room for what is read. Null: nobody counts.</summary>
    public RequestUse? Use { get; init; }

    public static bool TryRead(HttpRequest request, ConsumerSettings settings, [NotNullWhen(true)] out PollQuery? query, [NotNullWhen(false)] out ApiError? error)
    {
        query = null;
        if (!TryReadType(request, settings.Format, out var type, out error))
            return false;
        var longest = settings.RequestTimeout ?? TimeSpan.FromMilliseconds(FetchQuery.MaxWaitLimit);
        long wait = (long)(settings.RequestTimeout ?? TimeSpan.FromMilliseconds(FetchQuery.DefaultWait)).TotalMilliseconds;
        long bytes = FetchQuery.MaxBytesLimit;
        long records = settings.MaxRecords;
        if (!TryReadNumber(request.Query["timeout"], ref wait))
            error = FormErrors.BadParameter($"timeout is a number of milliseconds from 0 on; more than {FetchQuery.MaxWaitLimit} is taken as that.");
        else if (!TryReadNumber(request.Query["max_bytes"], ref bytes))
            error = FormErrors.BadParameter($"max_bytes is a number; more than {FetchQuery.MaxBytesLimit} is taken as that.");
        else if (!TryReadNumber(request.Query["count"], ref records))
            error = FormErrors.BadParameter("count is a number.");
        if (error is not null)
            return false;
        var limit = Math.Min((long)longest.TotalMilliseconds, FetchQuery.MaxWaitLimit);
        query = new PollQuery(
            TimeSpan.FromMilliseconds(Math.Min(wait, limit)),
            (int)Math.Clamp(bytes, 1, FetchQuery.MaxBytesLimit),
            (int)Math.Clamp(records, 1, settings.MaxRecords),
            settings.MinBytes <= 1 ? 0 : settings.MinBytes,
            FormatOf(settings.Format),
            FormatOf(settings.KeyFormat ?? settings.Format),
            type)
        { HasTimeout = request.Query["timeout"].ToString().Length > 0 };
        return true;
    }

    private static EmbeddedFormat FormatOf(string name) =>
        EmbeddedFormats.TryParse(name, out var format) ? format : throw new InvalidDataException($"A consumer instance was stored with the format '{name}'.");

    private static bool TryReadType(HttpRequest request, string formatName, out string type, [NotNullWhen(false)] out ApiError? error)
    {
        error = null;
        var own = FormatOf(formatName).MediaType();
        var accept = request.Headers.Accept;
        type = AcceptHeader.Choose(accept, [own, MediaTypes.V2, MediaTypes.Json, MediaTypes.EventStream, MediaTypes.Lines]) ?? "";
        if (type.Length == 0)
        {
            // A type of other records is a matter of this instance; anything else nobody here could give.
            error = AcceptHeader.Choose(accept, [MediaTypes.BinaryV2, MediaTypes.JsonV2, MediaTypes.TextV2, .. MediaTypes.SchemaFormatsV2]) is { } other
                ? ConsumerErrors.WrongFormat(other, formatName)
                : FormErrors.NotAcceptable(accept.ToString(), [own]);
        }

        if (type == MediaTypes.V2)
            type = own;
        return error is null;
    }

    /// <summary>Absent or empty leaves the default.</summary>
    private static bool TryReadNumber(string? text, ref long number)
    {
        if (string.IsNullOrEmpty(text))
            return true;
        // What does not fit is as good as unlimited.
        if (text.All(char.IsAsciiDigit))
            number = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : long.MaxValue;
        return text.All(char.IsAsciiDigit);
    }
}
