using System.Text;
using System.Text.Json;
using ManagedLog.Functions.Api.Json;

namespace ManagedLog.Functions.Tests.Unit;

public sealed class JsonBytesTests
{
    [Theory]
    [InlineData("\"\"", "")]
    [InlineData("\"YQ==\"", "a")]
    [InlineData("\"YWI=\"", "ab")]
    [InlineData("\"Pz8/\"", "???")]
    [InlineData("\"Pz8\\/\"", "???")]
    public void TryReadBase64_WhenItIsBase64_GivesTheBytes(string text, string expected) => Assert.Equal(expected, Base64(text));

    [Theory]
    [InlineData("\"YQ\"")]
    [InlineData("\"YQ=\"")]
    [InlineData("\"Y Q==\"")]
    [InlineData("\"YQ== \"")]
    [InlineData("\"YWI-\"")]
    [InlineData("\"Pz8_\"")]
    [InlineData("\"=\"")]
    [InlineData("\"not base64\"")]
    [InlineData("\"YQ==YQ==\"")]
    [InlineData("\"\\ud83d\"")]
    public void TryReadBase64_WhenItIsNot_IsFalse(string text) => Assert.Null(Base64(text));

    private static string? Base64(string text)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
        reader.Read();
        return JsonBytes.TryReadBase64(ref reader, new Scratch(), out var bytes) ? Encoding.UTF8.GetString(bytes.Value.Span) : null;
    }
}
