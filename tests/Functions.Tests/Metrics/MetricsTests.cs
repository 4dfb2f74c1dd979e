using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Metrics;

public sealed class MetricsTests
{
    [Fact]
    public async Task Metrics_TellWhatThisServiceHasDone_InPrometheusText()
    {
        var service = new TestService();
        await service.InitializeAsync();
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1},{"value":2}]}""");
        using var answer = await service.SendAsync(HttpMethod.Get, "/metrics");
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n');
        await service.DisposeAsync();

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Contains($"managedlog_append_records_sum{{messaging_destination_name=\"{topic}\"}} 2", lines);
        Assert.Contains($"managedlog_append_records_count{{messaging_destination_name=\"{topic}\"}} 1", lines);
        Assert.Contains(
            $"managedlog_storage_operations_total{{managedlog_storage_verb=\"append\",messaging_destination_name=\"{topic}\",managedlog_storage_outcome=\"done\"}} 2", lines);
    }

    [Fact]
    public async Task Metrics_TellWhatRequestsHaveOfTheInstanceNow_AndHowManyWereRefused()
    {
        var service = new TestService(new FaultyStorage(), "--ManagedLog:Limits:MaxWaiting=1");
        await service.InitializeAsync();
        var topic = await service.CreateTopicAsync();
        using (await EventStream.OpenAsync(service, $"/topics/{topic}/records?offset=latest"))
        {
            await service.ExpectErrorAsync(HttpMethod.Get, $"/topics/{topic}/records?offset=latest", body: (string?)null, null, 503, 50003);
            for (var i = 0; i < 2; i++)
            {
                using var answer = await service.SendAsync(HttpMethod.Get, "/metrics");
                var lines = (await answer.Content.ReadAsStringAsync()).Split('\n');
                Assert.Contains("managedlog_limits_waiting 1", lines);
                Assert.Contains("managedlog_limits_bodies_bytes 0", lines);
                Assert.Contains("managedlog_limits_refusals_total{http_response_status_code=\"503\"} 1", lines);
            }
        }

        await service.DisposeAsync();
    }

    [Fact]
    public async Task Metrics_WhenStorageDoesNotAnswer_AreThereAllTheSame()
    {
        var service = new TestService(new FaultyStorage());
        await service.StartAsync();
        using var answer = await service.SendAsync(HttpMethod.Get, "/metrics");
        Assert.Equal(200, (int)answer.StatusCode);
        await service.DisposeAsync();
    }
}
