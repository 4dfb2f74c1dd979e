using System.Text.Json;
using ManagedLog.Engine.Consumers;
using ManagedLog.Functions.Api.Consumers;

namespace ManagedLog.Functions.Tests.V2.Consumers;

public sealed class NewConsumerFormTests
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(5);

    private static (NewConsumerForm? Form, Functions.Api.Errors.ApiError? Error) Read(string? body)
    {
        using var document = body is null ? null : JsonDocument.Parse(body);
        return NewConsumerForm.Read(document?.RootElement, s_timeout);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{"name":null,"format":null,"auto.offset.reset":null,"fetch.min.bytes":null}""")]
    public void Read_OfNothing_IsTheDefaults(string? body)
    {
        var form = Read(body).Form!;
        Assert.Null(form.Name);
        Assert.Equal(new ConsumerSettings("binary", null, StartsAtEarliest: false, AutoCommit: true, s_timeout) { MinBytes = -1 }, form.Settings);
    }

    [Fact]
    public void Read_TakesEveryName()
    {
        var form = Read(
            """
            {"name":"n","format":"JSON","key.format":"text","auto.offset.reset":"earliest","auto.commit.enable":"false","auto.commit.interval.ms":"100","fetch.min.bytes":"7",
             "consumer.request.timeout.ms":"250","max.poll.records":3,"session.timeout.ms":"2000","partition.assignment.strategy":"org.apache.kafka.clients.consumer.RangeAssignor","client.id":"c"}
            """).Form!;
        Assert.Equal("n", form.Name);
        Assert.Equal(
            new ConsumerSettings("json", "text", StartsAtEarliest: true, AutoCommit: false, TimeSpan.FromSeconds(2))
            {
                AutoCommitInterval = TimeSpan.FromMilliseconds(100), MinBytes = 7, RequestTimeout = TimeSpan.FromMilliseconds(250), MaxRecords = 3, Assignor = "range", ClientId = "c",
            },
            form.Settings);
    }

    [Fact]
    public void Read_TakesTheOtherSpellings()
    {
        var form = Read("""{"id":"i","name":"n","enable.auto.commit":false,"responseMinBytes":5,"requestWaitMs":10000,"consumer.instance.timeout.ms":3000,"isolation.level":"read_committed"}""").Form!;
        Assert.Equal("i", form.Name);
        Assert.False(form.Settings.AutoCommit);
        Assert.Equal((5, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(3)), (form.Settings.MinBytes, form.Settings.RequestTimeout, form.Settings.SessionTimeout));
        Assert.Equal(["isolation.level"], form.Ignored);
    }

    [Theory]
    [InlineData("""{"format":"xml"}""", 422, 422)]
    [InlineData("""{"format":"avro"}""", 422, 422)]
    [InlineData("""{"format":7}""", 400, 400)]
    [InlineData("""{"name":""}""", 422, 422)]
    [InlineData("""{"name":"a/b"}""", 422, 422)]
    [InlineData("""{"name":["a"]}""", 400, 400)]
    [InlineData("""{"auto.offset.reset":"foo"}""", 422, 42204)]
    [InlineData("""{"auto.offset.reset":1}""", 422, 42204)]
    [InlineData("""{"auto.commit.enable":"maybe"}""", 422, 42204)]
    [InlineData("""{"fetch.min.bytes":-10}""", 422, 40001)]
    [InlineData("""{"fetch.min.bytes":"-2"}""", 422, 40001)]
    [InlineData("""{"fetch.min.bytes":"many"}""", 422, 42204)]
    [InlineData("""{"fetch.min.bytes":1.5}""", 422, 42204)]
    [InlineData("""{"consumer.request.timeout.ms":-1}""", 422, 40001)]
    [InlineData("""{"max.poll.records":0}""", 422, 40001)]
    [InlineData("""{"session.timeout.ms":10}""", 422, 40001)]
    [InlineData("""{"partition.assignment.strategy":"mine"}""", 422, 42204)]
    [InlineData("""{"client.id":7}""", 422, 42204)]
    [InlineData("""{"surprise":1}""", 422, 422)]
    [InlineData("""{"name":"\ud800"}""", 400, 400)]
    public void Read_OfWhatIsNotPossible_IsRefused(string body, int status, int code)
    {
        var error = Read(body).Error!;
        Assert.Equal((status, code), (error.Status, error.Code));
    }
}
