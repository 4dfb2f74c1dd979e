using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ManagedLog.Engine.Insight;

/// <summary>
/// What stands at one place of a JSON value. It is met by a value that is JSON, has the place, and has there what is asked for. What is no JSON (behind the place it may
/// be anything)
/// does not meet it. Pure; never throws on any value.
/// </summary>
public sealed class JsonCondition
{
    private static readonly JsonReaderOptions Reading = new() { MaxDepth = JsonPath.MaxDepth };

    private readonly JsonPath _path;
    private readonly JsonTokenType _type;
    private readonly byte[] _text;
    private readonly bool _isPart;

    private JsonCondition(JsonPath path, JsonTokenType type, byte[] text, bool isPart)
    {
        _path = path;
        _type = type;
        _text = text;
        _isPart = isPart;
    }

    /// <summary>A string with this text in it (case matters), or an array with an element that is such a string.</summary>
    public static JsonCondition Contains(JsonPath path, string text) => new(path, JsonTokenType.String, Encoding.UTF8.GetBytes(text), isPart: true);

    /// <summary>This string, exactly.</summary>
    public static JsonCondition EqualTo(JsonPath path, string text) => new(path, JsonTokenType.String, Encoding.UTF8.GetBytes(text), isPart: false);

    /// <summary>This number, however it is written (1.50 is 1.5).</summary>
    public static JsonCondition EqualToNumber(JsonPath path, ReadOnlySpan<byte> number) => new(path, JsonTokenType.Number, number.ToArray(), isPart: false);

    /// <summary>True, false or null.</summary>
    public static JsonCondition EqualTo(JsonPath path, bool? value) =>
        new(path, value switch { true => JsonTokenType.True, false => JsonTokenType.False, null => JsonTokenType.Null }, [], isPart: false);

    public bool IsMetBy(ReadOnlySpan<byte> value)
    {
        try
        {
            var reader = new Utf8JsonReader(value, Reading);
            if (!_path.TryFind(ref reader))
                return false;
            if (!_isPart || reader.TokenType != JsonTokenType.StartArray)
                return IsMetAt(ref reader);
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (IsMetAt(ref reader))
                    return true;
                reader.Skip();
            }

            return false;
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, which is no text.
            return false;
        }
    }

    private bool IsMetAt(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != _type)
            return false;
        return _type switch
        {
            JsonTokenType.String when _isPart => HasPart(ref reader),
            JsonTokenType.String => reader.ValueTextEquals(_text),
            JsonTokenType.Number => reader.ValueSpan.SequenceEqual(_text) || AreSameNumber(reader.ValueSpan, _text),
            _ => true,
        };
    }

    private bool HasPart(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
            return reader.ValueSpan.IndexOf(_text) >= 0;
        var text = new byte[reader.ValueSpan.Length];
        return text.AsSpan(0, reader.CopyString(text)).IndexOf(_text) >= 0;
    }

    /// <summary>Compared without loss up to 28 digits; beyond that numbers are equal only if they are written alike.</summary>
    private static bool AreSameNumber(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        left.Length <= MaxDigits && right.Length <= MaxDigits
        && decimal.TryParse(left, NumberStyles.Float, CultureInfo.InvariantCulture, out var one)
        && decimal.TryParse(right, NumberStyles.Float, CultureInfo.InvariantCulture, out var other)
        && one == other;

    private const int MaxDigits = 28;
}
