using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Testing.Backend;

namespace ManagedLog.Functions.Tests.V2;

/// <summary>What a fetch asks of storage. The log is longer than what is read at once, in a sealed segment, so that opening it reads none of it.</summary>
public sealed class FetchCostTests
{
    private const int Records = 25;
    private const int RecordBytes = 900_000;

    [Fact]
    public async Task Fetch_OfAFewRecords_ReadsWhatThoseMayTakeAndNotTheWholeLog()
    {
        var storage = new InMemoryBackend(TimeProvider.System);
        var writer = new TestService(storage);
        await writer.InitializeAsync();
        var topic = await writer.CreateTopicAsync(1, ("linger.ms", "0"), ("segment.bytes", "20000000"));
        var value = new string('x', RecordBytes);
        for (var i = 0; i < Records; i++)
            await writer.ProduceAsync($"/topics/{topic}", $$$"""{"records":[{"value":"{{{value}}}"}]}""");

        var few = await ReadsAsync("offset=0&count=1", 1);
        var many = await ReadsAsync("offset=0&count=15", 15);
        Assert.InRange(few, 1, 2);
        Assert.InRange(many, few + 2, 10);
        await writer.DisposeAsync();

        // Range reads of an instance that has seen nothing, those that open the partition not counted.
        async Task<int> ReadsAsync(string query, int expected)
        {
            var counting = new CountingBackend(storage);
            var reader = new TestService(counting);
            await reader.InitializeAsync();
            await reader.EndAsync(topic);
            var before = counting.Calls.Count;
            Assert.Equal(Enumerable.Range(0, expected), (await reader.FetchAsync(topic, query: query)).Select(record => record!["offset"]!.GetValue<int>()));
            var reads = counting.Calls.Skip(before).Count(call => call.Verb == StorageVerb.ReadRange);
            await reader.DisposeAsync();
            return reads;
        }
    }
}
