using System.Globalization;
using System.Text;
using ManagedLog.Engine.Insight;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Protocol.Records;
using Record = ManagedLog.Protocol.Records.Record;

namespace ManagedLog.Engine.Tests.Insight;

/// <summary>A topic with records of every kind in segments of every kind, and what is in it.</summary>
internal sealed record SearchWorld(HousekeepingWorld World, HousekeepingInstance Writer, Topic Topic, IReadOnlyList<(int Partition, Record Record)> Records)
{
    public const int Partitions = 2;

    /// <summary>Rewritten segments, sealed ones that are not, and an active one; a log start within a segment; batches with and without compression.</summary>
    public static async Task<SearchWorld> MakeAsync(HousekeepingWorld world, int seed = 1, bool deletes = true)
    {
        var random = new Random(seed);
        var writer = await world.StartAsync();
        var topic = await writer.CreateAsync("t", Partitions, ("segment.bytes", "120000"), ("retention.ms", "-1"));
        var records = new List<(int, Record)>();
        for (var round = 0; round < 3; round++)
        {
            for (var partition = 0; partition < Partitions; partition++)
            {
                for (var batch = 0; batch < 25; batch++)
                    records.AddRange((await AppendAsync(world, writer, topic, partition, random)).Select(record => (partition, record)));
            }

            // What was sealed in the first round is rewritten, what was sealed later is not.
            if (round == 0)
                await world.TickForAsync(writer, TimeSpan.FromMinutes(3));
        }

        if (deletes)
        {
            await writer.Engine.DeleteRecordsAsync(topic, 0, 17, default);
            records.RemoveAll(record => record.Item1 == 0 && record.Item2.Offset < 17);
        }

        return new SearchWorld(world, writer, topic, records);
    }

    /// <summary>All steps, one after the other.</summary>
    public async Task<(List<(int Partition, long Offset)> Found, int Steps)> SearchAsync(HousekeepingInstance instance, SearchRequest request)
    {
        var found = new List<(int, long)>();
        for (var steps = 1; ; steps++)
        {
            var step = await instance.Engine.Insight.SearchAsync(Topic, request, default);
            Assert.False(step.IsRefused, step.Refusal?.ToString());
            Assert.Equal(step.Value.Next is null, step.Value.Stop == SearchStop.End);
            Assert.InRange(step.Value.Matches.Count, 0, request.Limits.Matches);
            foreach (var match in step.Value.Matches)
            {
                var written = Records.Single(record => record.Partition == match.Partition && record.Record.Offset == match.Record.Offset).Record;
                Assert.Equal(written.Value!.Value.ToArray(), match.Record.Value!.Value.ToArray());
                found.Add((match.Partition, match.Record.Offset));
            }

            if (step.Value.Next is not { } next)
                return (found, steps);
            Assert.InRange(steps, 0, 100_000);
            request = request with { Resume = next };
        }
    }

    /// <summary>What a search should find.</summary>
    public List<(int Partition, long Offset)> Expected(SearchRequest request)
    {
        var found = new List<(int, long)>();
        foreach (var partition in request.Partitions)
        {
            var end = Records.Where(record => record.Partition == partition && record.Record.Timestamp >= (request.Query.ToTimestamp ?? long.MaxValue))
                .Select(record => record.Record.Offset).DefaultIfEmpty(long.MaxValue).Min();
            var here = Records
                .Where(record => record.Partition == partition && record.Record.Offset >= request.FromOffset && record.Record.Offset < Math.Min(end, request.ToOffset))
                .Where(record => request.Query.Matches(record.Record))
                .Select(record => (partition, record.Record.Offset));
            found.AddRange(request.IsNewestFirst ? here.Reverse() : here);
        }

        return found;
    }

    private static async Task<List<Record>> AppendAsync(HousekeepingWorld world, HousekeepingInstance writer, Topic topic, int partition, Random random)
    {
        var builder = new RecordBatchBuilder((CompressionCodec)random.Next(3));
        var records = new List<Record>();
        var now = world.Now.ToUnixTimeMilliseconds();
        for (var i = random.Next(1, 12); i > 0; i--)
        {
            // Times go up and down by up to a minute.
            var record = new Record(
                0, now + random.Next(-60_000, 0), Bytes($"key-{random.Next(20)}"), Bytes($$"""{"n":{{random.Next(10)}},"text":"{{Noise(random, random.Next(2500))}}x{{random.Next(50)}}"}"""),
                random.Next(3) == 0 ? [new RecordHeader("h", Bytes(random.Next(5).ToString(CultureInfo.InvariantCulture)))] : []);
            builder.Add(record.Timestamp, record.Key, record.Value, record.Headers);
            records.Add(record);
        }

        await world.WaitAsync(TimeSpan.FromSeconds(random.Next(20)));
        var appended = await writer.Engine.AppendAsync(topic, partition, new AppendRequest([builder.Build()]), default);
        Assert.False(appended.IsRefused, appended.Refusal?.ToString());
        return [.. records.Select((record, i) => record with { Offset = appended.Value.Batches[0].BaseOffset + i })];
    }

    /// <summary>What does not get much smaller by compression, so that segments get as many as they should.</summary>
    private static string Noise(Random random, int length) => string.Create(length, random, static (text, random) =>
    {
        for (var i = 0; i < text.Length; i++)
            text[i] = (char)random.Next('A', 'X');
    });

    private static ReadOnlyMemory<byte>? Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
