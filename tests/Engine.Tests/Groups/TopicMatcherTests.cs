using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Tests.Groups;

public class TopicMatcherTests
{
    private static readonly GroupTopic[] s_topics = [.. new[] { "__metrics", "a", "a1", "a12", "ba1", "x.y" }.Select(name => new GroupTopic(default, name, 1))];

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a[0-9]", "a1")]
    [InlineData("a[0-9]*", "a a1 a12")]
    [InlineData("a|ba1", "a ba1")]
    [InlineData("x.y", "x.y")]
    [InlineData(".*", "a a1 a12 ba1 x.y")]
    [InlineData("__.*", "")]
    [InlineData("^a1$", "a1")]
    public void APattern_MatchesWholeNames_AndNoInternalTopic(string pattern, string matched)
    {
        Assert.Null(TopicMatcher.FindFault(pattern));
        Assert.Equal(matched, string.Join(' ', TopicMatcher.Match(MemberSubscription.Matching(pattern), s_topics).Select(place => s_topics[place].Name)));
    }

    [Fact]
    public void Names_AreTakenAsTheyAre_AndBesideAPattern() => Assert.Equal(
        ["__metrics", "a", "a12", "ba1"],
        TopicMatcher.Match(new MemberSubscription(["__metrics", "a", "none"], "(a1|ba)[12]"), s_topics).Select(place => s_topics[place].Name));

    [Theory]
    [InlineData("")]
    [InlineData("a(")]
    [InlineData("a)(b")]
    [InlineData(@"(a)\1")]
    [InlineData("(?=a)")]
    [InlineData("a\nb")]
    public void WhatIsNoPattern_OrWouldGoBack_IsRefused(string pattern) => Assert.NotNull(TopicMatcher.FindFault(pattern));

    [Fact]
    public void APatternThatIsTooLong_IsRefused() => Assert.NotNull(TopicMatcher.FindFault(new string('a', 513)));

    [Fact]
    public void APattern_ThatOtherEnginesTakeForeverWith_IsMatchedAtOnce()
    {
        GroupTopic[] topics = [new(default, new string('a', 240), 1)];
        foreach (var pattern in new[] { "(a+)+b", "(a|a)*b", "((a{1,50}){1,50}){1,50}b", "(.*)*x(.*)*y" })
            Assert.Empty(TopicMatcher.Match(MemberSubscription.Matching(pattern), topics));
    }
}
