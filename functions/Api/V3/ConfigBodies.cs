using System.Text.Json;
using System.Text.Json.Serialization;

namespace ManagedLog.Functions.Api.V3;

/// <summary>The body of <c>PUT …/configs/{name}</c>.</summary>
internal class ConfigValueBody : StrictBody
{
    /// <summary>Null takes back what was set; left out it is no change at all, so <see cref="IsGiven"/> tells the two apart.</summary>
    [JsonConverter(typeof(ScalarText))]
    public string? Value
    {
        get;
        set
        {
            field = value;
            IsGiven = true;
        }
    }

    [JsonIgnore]
    public bool IsGiven { get; private set; }
}

/// <summary>One change in a list of them.</summary>
internal sealed class AlterConfigBody : ConfigValueBody
{
    public string? Name { get; set; }

    /// <summary><c>SET</c>, also when left out, or <c>DELETE</c>.</summary>
    public string? Operation { get; set; }
}

/// <summary>The body of <c>POST …/configs:alter</c>.</summary>
internal sealed class AlterConfigsBody : StrictBody
{
    public List<AlterConfigBody?>? Data { get; set; }

    public bool? ValidateOnly { get; set; }
}

/// <summary>The body of <c>POST …/topics/-/configs:alter</c>.</summary>
internal sealed class AlterTopicsBody : StrictBody
{
    public List<AlterTopicBody?>? Data { get; set; }

    public bool? ValidateOnly { get; set; }
}

/// <summary>The changes of one topic.</summary>
internal sealed class AlterTopicBody : StrictBody
{
    public string? TopicName { get; set; }

    public List<AlterConfigBody?>? Configs { get; set; }
}

/// <summary>Text, also where a client sends the number or the truth value that the text stands for: <c>{"value": 60000}</c>.</summary>
internal sealed class ScalarText : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Number => System.Text.Encoding.UTF8.GetString(reader.ValueSpan),
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => throw new JsonException("A config's value must be a string."),
    };

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
