using System.Globalization;
using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Insight;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Reads the audit, newest first.</summary>
internal sealed class AuditEndpoint(LogEngine engine)
{
    private const string Path = "/audit";
    private const int DefaultPage = 100;

    private static readonly string[] s_filters = ["from", "to", "principal", "action", "resource"];

    public async Task ListAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync())
            return;
        if (!TryRead(context.Request, out var query, out var error))
        {
            await call.FailAsync(error!);
            return;
        }

        var page = await engine.Audit.ReadAsync(query!, context.RequestAborted);
        if (page.IsRefused)
            await call.FailAsync(ErrorMapping.From(page.Refusal));
        else
            await call.AnswerAsync(StatusCodes.Status200OK, Write, (page.Value, NextOf(context.Request, query!, page.Value)));
    }

    private static bool TryRead(HttpRequest request, out AuditQuery? query, out ApiError? error)
    {
        query = null;
        if (!ListPage.TryReadNumbered(request, AuditTrail.MaxPage, out var page, out var before, out error))
            return false;
        if (!TryReadTime(request, "from", out var from) || !TryReadTime(request, "to", out var to))
        {
            error = FormErrors.BadParameter("from and to are milliseconds since 1970 or ISO 8601 (2026-01-31T12:00:00Z).");
            return false;
        }

        var size = request.Query["page_size"].Count == 0 ? DefaultPage : page.Size;
        query = new AuditQuery(size, page.After is null ? null : before, from, to, Text(request, "principal"), Text(request, "action"), Text(request, "resource"));
        return true;
    }

    private static bool TryReadTime(HttpRequest request, string name, out long? time)
    {
        time = null;
        if (Text(request, name) is not { } text)
            return true;
        if (!Timestamps.TryParse(text, out var parsed))
            return false;
        time = parsed;
        return true;
    }

    private static string? Text(HttpRequest request, string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    private static string? NextOf(HttpRequest request, AuditQuery query, AuditPage page)
    {
        if (page.Next is not { } next)
            return null;
        var path = new ListPage(query.Size, null).Next(Path, next.ToString(CultureInfo.InvariantCulture));
        return path + string.Concat(s_filters.Where(name => Text(request, name) is not null).Select(name => $"&{name}={Uri.EscapeDataString(Text(request, name)!)}"));
    }

    private static void Write(Utf8JsonWriter writer, V3Links links, (AuditPage Page, string? Next) of)
    {
        links.WriteListBegin(writer, "ManagedLogAuditRecordList", Path, of.Next);
        foreach (var (offset, record) in of.Page.Records)
        {
            writer.WriteStartObject();
            writer.WriteString("kind"u8, "ManagedLogAuditRecord"u8);
            writer.WriteNumber("offset"u8, offset);
            writer.WriteString("at"u8, Timestamps.ToText(record.Time));
            record.WriteMembers(writer);
            writer.WriteEndObject();
        }

        V3Links.WriteListEnd(writer);
    }
}
