using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ManagedLog.Engine.Insight;

/// <summary>
/// A way to one place in a JSON value, in a small part of JSONPath (RFC 9535): <c>$</c>, then any number of <c>.name</c>, <c>['name']</c> and <c>[index]</c>. No
/// wildcards,
/// filters or negative indexes: it names one place or none.
/// </summary>
public sealed class JsonPath
{
    /// <summary>Deeper places are not looked for; JSON that is nested deeper is not read.</summary>
    public const int MaxDepth = 64;

    private readonly IReadOnlyList<Step> _steps;

    private JsonPath(string text, IReadOnlyList<Step> steps)
    {
        Text = text;
        _steps = steps;
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    public static bool TryParse(string text, [NotNullWhen(true)] out JsonPath? path)
    {
        path = null;
        if (!text.StartsWith('$'))
            return false;
        var steps = new List<Step>();
        for (var at = 1; at < text.Length;)
        {
            if (ReadStep(text, ref at) is not { } step || steps.Count == MaxDepth)
                return false;
            steps.Add(step);
        }

        path = new JsonPath(text, steps);
        return true;
    }

    /// <summary>
    /// Moves the reader, which has read nothing yet, to the first token of the place; of a name that is there twice the first counts. False: there is no such place.
    /// Throws <see cref="JsonException"/> where what it passes is no JSON.
    /// </summary>
    public bool TryFind(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
            return false;
        foreach (var step in _steps)
        {
            if (step.Name is { } name ? !TryEnterMember(ref reader, name) : !TryEnterElement(ref reader, step.Index))
                return false;
        }

        return true;
    }

    private static bool TryEnterMember(ref Utf8JsonReader reader, byte[] name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals(name);
            reader.Read();
            if (isIt)
                return true;
            reader.Skip();
        }

        return false;
    }

    private static bool TryEnterElement(ref Utf8JsonReader reader, int index)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            return false;
        for (var at = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; at++)
        {
            if (at == index)
                return true;
            reader.Skip();
        }

        return false;
    }

    private static Step? ReadStep(string text, ref int at)
    {
        if (text[at] == '.')
        {
            var end = text.AsSpan(at + 1).IndexOfAny('.', '[') is >= 0 and var length ? at + 1 + length : text.Length;
            var name = text[(at + 1)..end];
            at = end;
            return name.Length == 0 || name.AsSpan().IndexOfAny("]'\"*") >= 0 ? null : Step.Of(name);
        }

        if (text[at] != '[' || at + 1 == text.Length)
            return null;
        return text[at + 1] is '\'' or '"' ? ReadQuoted(text, ref at) : ReadIndex(text, ref at);
    }

    /// <summary>A name in quotation marks of either kind; a reverse solidus stands before one that belongs to the name, and before itself.</summary>
    private static Step? ReadQuoted(string text, ref int at)
    {
        var quote = text[at + 1];
        var name = new StringBuilder();
        for (at += 2; at < text.Length && text[at] != quote; at++)
        {
            if (text[at] == '\\' && ++at == text.Length)
                return null;
            name.Append(text[at]);
        }

        if (at + 1 >= text.Length || text[at + 1] != ']')
            return null;
        at += 2;
        return Step.Of(name.ToString());
    }

    private static Step? ReadIndex(string text, ref int at)
    {
        var end = text.IndexOf(']', at);
        if (end < 0 || !int.TryParse(text.AsSpan(at + 1, end - at - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            return null;
        at = end + 1;
        return new Step(null, index);
    }

    private readonly record struct Step(byte[]? Name, int Index)
    {
        public static Step Of(string name) => new(Encoding.UTF8.GetBytes(name), 0);
    }
}
