using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Tests.Log;

/// <summary>What a reader who begins far back costs, who asks for 4 MiB at a time.</summary>
public sealed class CatchUpTests
{
    private const int Asked = 4 * 1024 * 1024;

    [Fact]
    public async Task Reader_WhoGoesFromFrontToBack_CostsOneReadForEach4MiB_AndIsReadAheadOf()
    {
        var fixture = new LogFixture();
        var writer = fixture.Start();
        var value = new string('x', 500_000);
        for (var i = 0; i < 34; i++)
            await writer.AppendAsync(value);
        var reader = fixture.Start();
        // An instance that has opened the partition has it in memory; this one has had to make room for something else.
        var forgetful = new Engine.Log.ReadCache(reader.Context.Backend, 16 * 1024 * 1024);
        var log = new Engine.Log.PartitionLog(reader.Context with { Cache = forgetful }, fixture.Partition, fixture.Config);
        await log.OffsetsAsync();
        forgetful.Add("something else", 0, new byte[16 * 1024 * 1024]);
        var before = reader.Calls.Snapshot();
        var offset = 0L;
        var asked = 0;
        while (offset < 34)
        {
            var fetched = await log.FetchAsync(new FetchRequest(FetchFrom.At(offset), Asked, default), "test", default);
            Assert.Equal(offset, fetched.Value.FetchOffset);
            offset = fetched.Value.NextOffset;
            asked++;
        }

        Assert.Equal(5, asked);
        Assert.Equal(5, reader.Calls.Since(before)[StorageVerb.ReadRange]);
    }
}
