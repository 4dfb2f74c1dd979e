using ManagedLog.Functions.Api.Following;

namespace ManagedLog.Functions.Tests.Following;

public class EventPositionTests
{
    [Theory]
    [InlineData(null, 0, 0, "0:-1")]
    [InlineData(null, 0, 1, "0:0")]
    [InlineData(null, 7, 42, "7:41")]
    [InlineData("orders", 3, 0, "orders/3:-1")]
    [InlineData("a.b_c-d", 999, long.MaxValue, "a.b_c-d/999:9223372036854775806")]
    public void Position_NamesTheLastRecordDelivered_AndComesBackAsTheNext(string? topic, int partition, long next, string text)
    {
        Assert.Equal(text, new EventPosition(topic, partition, next).ToString());
        Assert.True(EventPosition.TryParse(text, out var positions));
        Assert.Equal([new EventPosition(topic, partition, next)], positions);
    }

    [Fact]
    public void Id_OfSeveralPlaces_IsReadInOrder()
    {
        Assert.True(EventPosition.TryParse("a/0:1,b/1:-1, a/2:5", out var positions));
        Assert.Equal([new EventPosition("a", 0, 2), new EventPosition("b", 1, 0), new EventPosition("a", 2, 6)], positions);
    }

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("0")]
    [InlineData("0:")]
    [InlineData(":1")]
    [InlineData("0:1,")]
    [InlineData("0:-2")]
    [InlineData("0:+1")]
    [InlineData("-1:0")]
    [InlineData("/0:1")]
    [InlineData("0:x")]
    [InlineData("0:1:2")]
    [InlineData("0:9223372036854775807")]
    [InlineData("0:9223372036854775808")]
    [InlineData("0:1,0:2")]
    public void Id_ThatNoStreamGave_IsRefused(string text) => Assert.False(EventPosition.TryParse(text, out _));
}
