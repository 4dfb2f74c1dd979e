using System.Diagnostics.Metrics;
using System.Net;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Limits;
using ManagedLog.Protocol.Records;
using ManagedLog.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace ManagedLog.Functions.Tests.Limits;

/// <summary>Who is told from whom, and what one has beside another.</summary>
public sealed class CallerTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly Meter _meter = new("test");
    private readonly ServiceOptions _options = new() { Limits = new LimitOptions { RequestsPerSecond = 1, MaxBodyBytes = 1_000, MaxBodyBytesPerCaller = 600 } };

    public void Dispose() => _meter.Dispose();

    [Fact]
    public async Task Caller_OverItsQuota_IsRefusedWhileAnotherIsNot_AndMayHaveAQuotaOfItsOwn()
    {
        var instance = new InstanceUse(_options, _meter);
        var limits = new RequestLimits(_options, instance, Table(instance), _clock);
        Assert.Equal(200, await PassAsync(limits, new LimitedCaller("one", null)));
        Assert.Equal(429, await PassAsync(limits, new LimitedCaller("one", null)));
        Assert.Equal(200, await PassAsync(limits, new LimitedCaller("two", null)));
        for (var i = 0; i < 3; i++)
            Assert.Equal(200, await PassAsync(limits, new LimitedCaller("three", new CallerQuota(3, 0, 0))));
        Assert.Equal(429, await PassAsync(limits, new LimitedCaller("three", new CallerQuota(3, 0, 0))));
        Assert.Equal((0, 0), (instance.Requests, instance.Waiting));
    }

    [Fact]
    public async Task Caller_ThatGoesOnSendingWhileItIsRefused_IsRefusedLate()
    {
        var instance = new InstanceUse(_options, _meter);
        var limits = new RequestLimits(_options, instance, Table(instance), _clock);
        await PassAsync(limits, new LimitedCaller("one", null));
        for (var i = 0; i < 20; i++)
            Assert.Equal(429, await PassAsync(limits, new LimitedCaller("one", null)));
        var late = PassAsync(limits, new LimitedCaller("one", null));
        Assert.False(late.IsCompleted);
        Assert.Equal(200, await PassAsync(limits, new LimitedCaller("two", null)));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(429, await late);
    }

    [Fact]
    public void Bodies_OfOneCaller_LeaveRoomForAnother()
    {
        var instance = new InstanceUse(_options, _meter);
        var table = Table(instance);
        using var one = new RequestUse(instance, table.Find(CallerKey.Of("one")), default);
        using var two = new RequestUse(instance, table.Find(CallerKey.Of("two")), default);
        Assert.Null(one.Hold(600));
        Assert.Equal(429, one.Hold(1)!.Status);
        Assert.Null(two.Hold(400));
        Assert.Equal(503, two.Hold(1)!.Status);
        one.LetGo(100);
        Assert.Null(two.Hold(100));
        one.Dispose();
        two.Dispose();
        Assert.Equal(0, instance.Bodies.Taken);
    }

    [Fact]
    public void Answers_WhenOthersHoldAllThatThereIs_AreShortForEverybodyButThem()
    {
        var options = new ServiceOptions { Limits = new LimitOptions { MaxAnswerBytes = 1_000, MaxAnswerBytesPerCaller = 900 } };
        var instance = new InstanceUse(options, _meter);
        var table = new CallerTable(options, instance, new ConfigurationBuilder().Build(), _clock);
        var one = new AnswerRoom(instance, table.Find(CallerKey.Of("one")));
        var two = new AnswerRoom(instance, table.Find(CallerKey.Of("one")));
        var other = new AnswerRoom(instance, table.Find(CallerKey.Of("other")));
        Assert.Equal(1_000, one.Ask(1_000));
        Assert.Null(one.FindShortage());
        Assert.Equal(503, other.FindShortage()!.Status);
        one.Settle(950);
        Assert.Equal(429, two.FindShortage()!.Status);
        Assert.Null(other.FindShortage());
        one.Expand(50);
        Assert.Equal(503, other.FindShortage()!.Status);
        one.Dispose();
        Assert.Null(other.FindShortage());
        Assert.Equal(0, instance.Answers.Taken);
    }

    [Fact]
    public void Answers_CountWhatABatchExpandsTo()
    {
        var instance = new InstanceUse(_options, _meter);
        using var room = new AnswerRoom(instance, Table(instance).Find(CallerKey.Of("one")));
        var builder = new RecordBatchBuilder(CompressionCodec.Gzip);
        builder.Add(0, null, new byte[1_000_000], []);
        var batch = builder.Build();
        Assert.InRange(batch.Length, 1, 10_000);
        room.Settle(batch.Length);
        Assert.True(new FetchedRecords([batch], 0, room).TryReadNext(out _));
        Assert.InRange(instance.Answers.Taken, 1_000_000 + batch.Length, 1_100_000);
        room.Written();
        Assert.Equal(0, instance.Answers.Taken);
    }

    [Theory]
    [InlineData(null, "10.0.0.1", "10.0.0.1", false)]
    [InlineData(null, "10.0.0.1", "10.0.0.2", true)]
    [InlineData("5.5.5.5", "127.0.0.1", "127.0.0.1", true)]
    [InlineData("1.2.3.4, 5.5.5.5:4711", "127.0.0.1", "127.0.0.1", true)]
    public void Address_IsTheConnections_AndBehindTheHostTheLastThatItsFrontEndWrote(string? forwarded, string one, string other, bool isAnotherBehindTheHost)
    {
        foreach (var isBehindHost in new[] { false, true })
        {
            var table = Table(new InstanceUse(_options, _meter), isBehindHost);
            var first = table.Find(From(one, forwarded), out _);
            var second = table.Find(From(other, null), out _);
            var isAnother = one != other || (isBehindHost && isAnotherBehindTheHost);
            Assert.Equal(isAnother, !ReferenceEquals(first, second));
        }
    }

    [Fact]
    public void Addresses_OfIPv6_CountByTheirFirstHalf_AndMappedOnesAsIPv4()
    {
        Assert.Equal(CallerKey.Of(IPAddress.Parse("2001:db8::1")), CallerKey.Of(IPAddress.Parse("2001:db8::ffff")));
        Assert.NotEqual(CallerKey.Of(IPAddress.Parse("2001:db8::1")), CallerKey.Of(IPAddress.Parse("2001:db8:0:1::1")));
        Assert.Equal(CallerKey.Of(IPAddress.Parse("10.1.2.3")), CallerKey.Of(IPAddress.Parse("::ffff:10.1.2.3")));
    }

    [Fact]
    public void Callers_BeyondThoseThatAreTold_ShareOnePlace_UntilOthersAreForgotten()
    {
        var instance = new InstanceUse(_options, _meter);
        var table = Table(instance);
        for (var i = 0; i < CallerTable.MaxCallers; i++)
            table.Find(CallerKey.Of($"caller-{i}"));
        Assert.Same(table.Find(CallerKey.Of("more")), table.Find(CallerKey.Of("still more")));
        Assert.Equal(CallerTable.MaxCallers, table.Count);
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.NotSame(table.Find(CallerKey.Of("more")), table.Find(CallerKey.Of("still more")));
        Assert.Equal(2, table.Count);
    }

    private CallerTable Table(InstanceUse instance, bool isBehindHost = false) => new(
        _options,
        instance,
        new ConfigurationBuilder().AddInMemoryCollection(isBehindHost ? new Dictionary<string, string?> { [FunctionsHost.PortVariable] = "4711" } : []).Build(),
        _clock);

    private static DefaultHttpContext From(string address, string? forwarded)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        if (forwarded is not null)
            context.Request.Headers["X-Forwarded-For"] = forwarded;
        return context;
    }

    private static async Task<int> PassAsync(RequestLimits limits, LimitedCaller caller)
    {
        var context = new DefaultHttpContext();
        context.Features.Set(caller);
        await limits.PassAsync(context, static _ => Task.CompletedTask);
        return context.Response.StatusCode;
    }
}
