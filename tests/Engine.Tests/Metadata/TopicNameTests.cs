using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using ManagedLog.Engine.Metadata;

namespace ManagedLog.Engine.Tests.Metadata;

public sealed class TopicNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("Orders.eu-west_1")]
    [InlineData("...")]
    [InlineData("-")]
    [InlineData("__audit")]
    public void Name_WhenOfAllowedCharacters_IsLegal(string name) => Assert.True(TopicName.IsLegal(name, out _));

    [Theory]
    [InlineData("", "empty")]
    [InlineData(".", "'.'")]
    [InlineData("..", "'..'")]
    [InlineData("a b", "character 2")]
    [InlineData("a/b", "character 2")]
    [InlineData("straße", "character 5")]
    [InlineData("a\n", "character 2")]
    public void Name_WhenAgainstARule_IsRefusedWithTheReason(string name, string reason)
    {
        Assert.False(TopicName.IsLegal(name, out var defect));
        Assert.Contains(reason, defect, StringComparison.Ordinal);
    }

    [Fact]
    public void Name_WhenAtMost249CharactersLong_IsLegal()
    {
        Assert.True(TopicName.IsLegal(new string('x', 249), out _));
        Assert.False(TopicName.IsLegal(new string('x', 250), out var defect));
        Assert.Contains("249", defect, StringComparison.Ordinal);
        Assert.True(defect.Length < 200, "A message does not repeat a name of any length.");
    }

    [Fact]
    public void Name_WhateverTheText_IsLegalExactlyAsKafkaSaysIt() => Prop.ForAll<NonNull<string>>(text =>
    {
        var name = text.Get;
        var expected = name is not ("." or "..") && Regex.IsMatch(name, @"\A[a-zA-Z0-9._-]{1,249}\z");
        return TopicName.IsLegal(name, out var defect) == expected && defect is null == expected;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("a.b", "a_b", true)]
    [InlineData("a.b_c", "a_b.c", true)]
    [InlineData("a.b", "a.b", false)]
    [InlineData("a.b", "a-b", false)]
    public void Names_WhenTheyDifferOnlyInDotAndUnderscore_Clash(string name, string other, bool clash) =>
        Assert.Equal(clash, TopicName.Clash(name, other));
}
