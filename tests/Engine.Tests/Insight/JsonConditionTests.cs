using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using ManagedLog.Engine.Insight;

namespace ManagedLog.Engine.Tests.Insight;

public class JsonConditionTests
{
    private const string Order = """{"id":17,"total":1.50,"open":true,"note":null,"tags":["new","paid é"],"a.b":{"c":[[1,2],[3,"x\u0041y"]]},"id":18}""";

    private static JsonPath Path(string text) => JsonPath.TryParse(text, out var path) ? path : throw new ArgumentException(text);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Theory]
    [InlineData("$.id", "17", true)] // of a name that is there twice the first
    [InlineData("$.id", "18", false)]
    [InlineData("$.total", "1.5", true)]
    [InlineData("$.total", "15e-1", true)]
    [InlineData("$.total", "1.51", false)]
    [InlineData("$.tags", "1", false)]
    [InlineData("$['a.b'].c[1][0]", "3", true)]
    [InlineData("$[\"a.b\"].c[0][1]", "2", true)]
    [InlineData("$.a.b.c[0][1]", "2", false)]
    [InlineData("$['a.b'].c[2]", "1", false)]
    [InlineData("$.none", "1", false)]
    [InlineData("$.id.none", "1", false)]
    public void EqualToNumber_LooksAtThePlaceAndNowhereElse(string path, string number, bool isMet) =>
        Assert.Equal(isMet, JsonCondition.EqualToNumber(Path(path), Bytes(number)).IsMetBy(Bytes(Order)));

    [Theory]
    [InlineData("$.tags[0]", "new", true)]
    [InlineData("$.tags[0]", "ne", false)]
    [InlineData("$.tags[1]", "paid é", true)]
    [InlineData("$['a.b'].c[1][1]", "xAy", true)]
    [InlineData("$.id", "17", false)]
    public void EqualTo_AText_IsExact(string path, string text, bool isMet) => Assert.Equal(isMet, JsonCondition.EqualTo(Path(path), text).IsMetBy(Bytes(Order)));

    [Theory]
    [InlineData("$.tags[0]", "e", true)]
    [InlineData("$.tags", "aid", true)] // an element of the array
    [InlineData("$.tags", "none", false)]
    [InlineData("$['a.b'].c[1][1]", "Ay", true)]
    [InlineData("$", "e", false)]
    public void Contains_FindsAPartOfATextOrOfAnElement(string path, string text, bool isMet) => Assert.Equal(isMet, JsonCondition.Contains(Path(path), text).IsMetBy(Bytes(Order)));

    [Theory]
    [InlineData("$.open", true, true)]
    [InlineData("$.open", false, false)]
    [InlineData("$.note", null, true)]
    [InlineData("$.none", null, false)]
    public void EqualTo_AWord_IsThatWord(string path, bool? word, bool isMet) => Assert.Equal(isMet, JsonCondition.EqualTo(Path(path), word).IsMetBy(Bytes(Order)));

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("{\"a\":")]
    [InlineData("{\"b\":[,\"a\":1}")]
    [InlineData("\u0000")]
    public void IsMetBy_WhatIsNoJson_IsFalse(string value) => Assert.False(JsonCondition.EqualToNumber(Path("$.a"), "1"u8).IsMetBy(Bytes(value)));

    [Fact]
    public void IsMetBy_AnyBytes_NeverThrows() => Prop.ForAll<byte[]>(bytes =>
    {
        foreach (var path in (string[])["$", "$.a", "$[0]", "$.a[1].b"])
        {
            JsonCondition.Contains(Path(path), "a").IsMetBy(bytes);
            JsonCondition.EqualToNumber(Path(path), "1"u8).IsMetBy([(byte)'{', (byte)'"', (byte)'a', (byte)'"', (byte)':', .. bytes]);
        }
    }).QuickCheckThrowOnFailure();

    /// <summary>Any text that was put at a place is found there, however JSON writes it, and a digit more is not.</summary>
    [Fact]
    public void EqualTo_AnyTextAtAnyPlace_FindsIt() => Prop.ForAll<NonNull<string>, NonNull<string>>((name, text) =>
    {
        if (name.Get.Any(char.IsSurrogate) || text.Get.Any(char.IsSurrogate))
            return;
        var value = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { [name.Get + "!"] = 1, [name.Get] = new[] { "no", text.Get } });
        var path = Path($"$['{name.Get.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'][1]");
        Assert.True(JsonCondition.EqualTo(path, text.Get).IsMetBy(value));
        Assert.True(JsonCondition.Contains(path, text.Get).IsMetBy(value));
        Assert.False(JsonCondition.EqualTo(path, text.Get + "0").IsMetBy(value));
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("$a")]
    [InlineData("$.")]
    [InlineData("$..a")]
    [InlineData("$.*")]
    [InlineData("$[*]")]
    [InlineData("$[-1]")]
    [InlineData("$[0")]
    [InlineData("$[")]
    [InlineData("$['a")]
    [InlineData("$['a'")]
    [InlineData("$['a\\")]
    [InlineData("$[?(@.a)]")]
    public void TryParse_OfWhatIsNotTaken_IsRefused(string path) => Assert.False(JsonPath.TryParse(path, out _));
}
