using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace ManagedLog.Engine.Insight;

/// <summary>One line of the audit: who wanted to change what, from where, and what became of it. A record of <c>__audit</c>, with the resource as its key and this as JSON as its value.</summary>
/// <param name="Id">The same for the beginning of a change and its end.</param>
/// <param name="Time">Ms since 1970, by the instance's clock; also the record's timestamp.</param>
/// <param name="Action">For instance <c>topic.create</c>.</param>
/// <param name="Resource">For instance <c>topic:orders</c>.</param>
/// <param name="Principal">Who asked; never a secret.</param>
/// <param name="SourceAddress">Of the connection.</param>
/// <param name="ForwardedFor">What a proxy, or whoever sent the request, says of where it comes from.</param>
/// <param name="Details">What exactly, as a JSON object.</param>
public sealed record AuditRecord(
    Guid Id, AuditOutcome Outcome, long Time, string Action, string Resource, string Principal, string? SourceAddress, string? ForwardedFor, string RequestId, Guid Instance, string Details)
{
    public const int FormatVersion = 1;

    /// <summary>Why it was refused, or is unknown.</summary>
    public string? Error { get; init; }

    public byte[] Encode()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteNumber("v"u8, FormatVersion);
        WriteMembers(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>What both the stored record and an answer have, in this order.</summary>
    public void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteString("id"u8, Id.ToString("N"));
        writer.WriteString("outcome"u8, NameOf(Outcome));
        writer.WriteNumber("time"u8, Time);
        writer.WriteString("action"u8, Action);
        writer.WriteString("resource"u8, Resource);
        writer.WriteString("principal"u8, Principal);
        writer.WriteString("source_address"u8, SourceAddress);
        writer.WriteString("forwarded_for"u8, ForwardedFor);
        writer.WriteString("request_id"u8, RequestId);
        writer.WriteString("instance_id"u8, Instance.ToString("N"));
        writer.WritePropertyName("details"u8);
        writer.WriteRawValue(Details);
        writer.WriteString("error"u8, Error);
    }

    /// <summary>False: not a record of the audit, or one of a later format. What is not known is passed over. Never throws.</summary>
    public static bool TryDecode(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out AuditRecord? record)
    {
        record = null;
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || root.GetProperty("v").GetInt32() != FormatVersion)
                return false;
            var details = root.GetProperty("details");
            if (OutcomeOf(Text(root, "outcome")) is not { } outcome || details.ValueKind != JsonValueKind.Object
                || !Guid.TryParseExact(Text(root, "id"), "N", out var id) || !Guid.TryParseExact(Text(root, "instance_id"), "N", out var instance))
                return false;
            record = new AuditRecord(
                id,
                outcome,
                root.GetProperty("time").GetInt64(),
                Text(root, "action"),
                Text(root, "resource"),
                Text(root, "principal"),
                root.GetProperty("source_address").GetString(),
                root.GetProperty("forwarded_for").GetString(),
                Text(root, "request_id"),
                instance,
                details.GetRawText())
            {
                Error = root.GetProperty("error").GetString(),
            };
            return true;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    public static string NameOf(AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.Begun => "begun",
        AuditOutcome.Done => "done",
        AuditOutcome.Refused => "refused",
        AuditOutcome.Unknown => "unknown",
        AuditOutcome.Denied => "denied",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
    };

    private static AuditOutcome? OutcomeOf(string name) => name switch
    {
        "begun" => AuditOutcome.Begun,
        "done" => AuditOutcome.Done,
        "refused" => AuditOutcome.Refused,
        "unknown" => AuditOutcome.Unknown,
        "denied" => AuditOutcome.Denied,
        _ => null,
    };

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? throw new FormatException(name);
}
