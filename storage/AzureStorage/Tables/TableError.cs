using System.Globalization;
using System.Text.Json;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>An error as the table service tells it: <c>{"odata.error":{"code":"…","message":{"value":"…"}}}</c>.</summary>
internal readonly record struct TableError(string? Code, string? Message)
{
    /// <summary>The index before the message of a transaction's error: <c>7:The specified entity already exists.</c></summary>
    public int? ActionIndex
    {
        get
        {
            var colon = Message?.IndexOf(':', StringComparison.Ordinal) ?? -1;
            return colon > 0 && int.TryParse(Message.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;
        }
    }

    /// <summary>Of anything else: neither code nor message.</summary>
    public static TableError Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("odata.error", out var error)
                && error.ValueKind == JsonValueKind.Object
                ? new TableError(Text(error, "code"), error.TryGetProperty("message", out var message) ? MessageOf(message) : null)
                : default;
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string? MessageOf(JsonElement message) => message.ValueKind switch
    {
        JsonValueKind.Object => Text(message, "value"),
        JsonValueKind.String => message.GetString(),
        _ => null,
    };

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
