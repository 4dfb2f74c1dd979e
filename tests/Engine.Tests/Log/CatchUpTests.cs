using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Records;

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

    /// <summary>A sealed segment that is not rewritten has no index yet: it is gone through once, 4 MiB at a time, and known from then on.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fetch_FarInASealedSegmentThatIsNotRewritten_CostsOneReadForEach4MiB_Once(bool byTime)
    {
        var fixture = new LogFixture(config: LogFixture.Configured(("linger.ms", "0"), ("segment.bytes", $"{12 * 1024 * 1024}")));
        var writer = fixture.Start();
        for (var i = 0; i < 130; i++)
            await AppendAsync(writer, i);
        var reader = fixture.Start();
        await reader.Log.OffsetsAsync();
        var before = reader.Calls.Snapshot();

        Assert.Equal(110, await FindAsync(110));

        // Up to there are 11 MB: the first MiB, and the others in loads of four.
        Assert.Equal(4, reader.Calls.Since(before)[StorageVerb.ReadRange]);
        before = reader.Calls.Snapshot();
        foreach (var offset in new[] { 100, 3, 57, 109 })
            Assert.Equal(offset, await FindAsync(offset));
        Assert.Equal(0, reader.Calls.Since(before)[StorageVerb.ReadRange]);

        async Task<long> FindAsync(int offset)
        {
            if (byTime)
                return (await reader.Log.OffsetForTimestampAsync(TimeOf(offset))).Value.Offset;
            var fetched = await reader.Log.FetchAsync(new FetchRequest(FetchFrom.At(offset), 1000, default), "test", default);
            Assert.True(RecordBatchHeader.TryRead(Assert.Single(fetched.Value.Batches).Span, out var header));
            return header.BaseOffset;
        }
    }

    private static long TimeOf(int number) => 1_700_000_000_000 + number;

    private static async Task AppendAsync(LogFixture.Instance writer, int number)
    {
        var builder = new RecordBatchBuilder();
        builder.Add(TimeOf(number), null, new byte[100_000], []);
        Assert.False((await writer.Log.AppendAsync(new AppendRequest([builder.Build()]), "test", default)).IsRefused);
    }
}
