using ManagedLog.Functions.Limits;

namespace ManagedLog.Functions.Tests.Limits;

public sealed class RateMeterTests
{
    [Fact]
    public void Meter_WhenFull_HasRoomAgainAsItDrains()
    {
        var meter = new RateMeter();
        for (var i = 0; i < 10; i++)
        {
            Assert.True(meter.HasRoom(10, TimeSpan.Zero));
            meter.Take(1, 10, TimeSpan.Zero);
        }

        Assert.False(meter.HasRoom(10, TimeSpan.Zero));
        Assert.Equal(0.1, meter.UntilRoom(10, TimeSpan.Zero).TotalSeconds, 6);
        Assert.True(meter.HasRoom(10, TimeSpan.FromMilliseconds(101)));
    }

    [Fact]
    public void Meter_WhenMoreWasTakenThanFits_HasNoRoomUntilThatHasDrained()
    {
        var meter = new RateMeter();
        meter.Take(5_000, 1_000, TimeSpan.Zero);
        Assert.False(meter.HasRoom(1_000, TimeSpan.FromSeconds(4)));
        Assert.True(meter.HasRoom(1_000, TimeSpan.FromSeconds(4.1)));
    }

    [Fact]
    public void Meter_OfLessThanOneASecond_TakesOneAtATime()
    {
        var meter = new RateMeter();
        Assert.True(meter.HasRoom(0.5, TimeSpan.Zero));
        meter.Take(1, 0.5, TimeSpan.Zero);
        Assert.False(meter.HasRoom(0.5, TimeSpan.FromSeconds(1)));
        Assert.True(meter.HasRoom(0.5, TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void Meter_WithoutQuota_AlwaysHasRoom()
    {
        var meter = new RateMeter();
        meter.Take(long.MaxValue, 0, TimeSpan.Zero);
        Assert.True(meter.HasRoom(0, TimeSpan.Zero));
    }
}
