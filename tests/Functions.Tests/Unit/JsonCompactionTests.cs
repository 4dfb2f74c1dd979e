using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Api.Json;

namespace ManagedLog.Functions.Tests.Unit;

public sealed class JsonCompactionTests
{
    [Theory]
    [InlineData("1", "1")]
    [InlineData("-0.50e+10", "-0.50e+10")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("123456789012345678901234567890.0100", "123456789012345678901234567890.0100")]
    [InlineData("true", "true")]
    [InlineData("\"a b\"", "\"a b\"")]
    [InlineData("\"\"", "\"\"")]
    [InlineData(" { } ", "{}")]
    [InlineData("[ ]", "[]")]
    [InlineData("""{ "a" : [ 1 , 2.0 , { "b" : null } ] , "c" : "x y" }""", """{"a":[1,2.0,{"b":null}],"c":"x y"}""")]
    [InlineData("[\n\t1,\r\n \"\\t\" ]", "[1,\"\\t\"]")]
    [InlineData("""{"a":{},"b":[[],[]]}""", """{"a":{},"b":[[],[]]}""")]
    public void TryRead_GivesTheCompactForm(string text, string expected) => Assert.Equal(expected, Compact(text));

    [Theory]
    [InlineData("\"\\u00e9\"", "\"é\"")]
    [InlineData("\"\\/\"", "\"/\"")]
    [InlineData("\"\\ud83d\\ude00\"", "\"😀\"")]
    [InlineData("\"\\u0022\\u005c\"", "\"\\\"\\\\\"")]
    [InlineData("\"\\u000a\\u0001\\u001F\"", "\"\\n\\u0001\\u001f\"")]
    [InlineData("""{"\u0061" : "\b\f\n\r\t"}""", """{"a":"\b\f\n\r\t"}""")]
    public void TryRead_WhenTextIsEscaped_KeepsOnlyTheEscapesThatJsonRequires(string text, string expected) => Assert.Equal(expected, Compact(text));

    [Theory]
    [InlineData("\"\\ud83d\"")]
    [InlineData("{\"a\":\"\\ude00x\"}")]
    [InlineData("{\"\\ud83d\":1}")]
    public void TryRead_WhenAStringIsHalfASurrogatePair_IsFalse(string text) => Assert.Null(Compact(text));

    [Fact]
    public void TryRead_WhenNothingIsToBeDone_CopiesNothing()
    {
        var source = "{\"a\":1}"u8.ToArray();
        var reader = new Utf8JsonReader(source);
        reader.Read();
        Assert.True(JsonCompaction.TryRead(ref reader, source, new Scratch(), out var compact));
        source[1] = (byte)'!';
        Assert.Equal((byte)'!', compact.Value.Span[1]);
    }

    [Fact]
    public void TryRead_LeavesTheReaderAtTheLastTokenOfTheValue()
    {
        var source = "[ { \"a\" : [1] }, 7]"u8.ToArray();
        var reader = new Utf8JsonReader(source);
        reader.Read();
        reader.Read();
        Assert.True(JsonCompaction.TryRead(ref reader, source, new Scratch(), out _));
        Assert.Equal(JsonTokenType.EndObject, reader.TokenType);
        Assert.True(reader.Read());
        Assert.Equal(7, reader.GetInt32());
    }

    /// <summary>Whatever the value and however it is laid out, the compact form means the same, has no white space outside strings, and is a fixed point.</summary>
    [Fact]
    public void TryRead_OfAnyValue_MeansTheSameAndIsAFixedPoint()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var value = RandomValue(new Random(seed), depth: 0);
            var plain = value?.ToJsonString() ?? "null";
            var laidOut = value?.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) ?? "null";
            var compact = Compact(laidOut);
            Assert.True(JsonNode.DeepEquals(value, JsonNode.Parse(compact!)), $"seed {seed}: {plain} became {compact}");
            Assert.Equal(compact, Compact(plain));
            Assert.Equal(compact, Compact(compact!));
            Assert.True(JsonCompaction.IsValue(Encoding.UTF8.GetBytes(compact!)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("1 2")]
    [InlineData("nul")]
    [InlineData("{\"a\":1,}")]
    [InlineData("// comment\n1")]
    public void IsValue_WhenItIsNoJson_IsFalse(string text) => Assert.False(JsonCompaction.IsValue(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void IsValue_WhenItIsNotUtf8_IsFalse() => Assert.False(JsonCompaction.IsValue([(byte)'"', 0xC3, (byte)'"']));

    [Fact]
    public void IsValue_WhenItIsDeeperThanReadersGo_IsFalse() =>
        Assert.False(JsonCompaction.IsValue(Encoding.UTF8.GetBytes(new string('[', 65) + new string(']', 65))));

    private static string? Compact(string text)
    {
        var source = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(source);
        reader.Read();
        return JsonCompaction.TryRead(ref reader, source, new Scratch(), out var compact) ? Encoding.UTF8.GetString(compact.Value.Span) : null;
    }

    private static JsonNode? RandomValue(Random random, int depth) => random.Next(depth < 4 ? 7 : 5) switch
    {
        0 => null,
        1 => random.NextInt64(long.MinValue, long.MaxValue),
        2 => random.NextDouble() * 1e9,
        3 => random.Next(2) == 0,
        4 => RandomText(random),
        5 => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => RandomValue(random, depth + 1))]),
        _ => new JsonObject(Enumerable.Range(0, random.Next(4)).Select(i => KeyValuePair.Create(i + RandomText(random), RandomValue(random, depth + 1)))),
    };

    private static string RandomText(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => ((string[])["a", " ", "\"", "\\", "/", "\n", "\u0001", "é", "😀", "{", "]", ":"])[random.Next(12)]));
}
