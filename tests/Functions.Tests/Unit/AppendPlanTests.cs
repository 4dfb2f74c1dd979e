using System.Text;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Partitioning;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Tests.Unit;

public sealed class AppendPlanTests
{
    [Fact]
    public void Add_WhenTheRecordHasAKey_GoesWhereKafkasProducersSendIt()
    {
        var plan = new AppendPlan(TopicOf(7), spread: 0, now: 0);
        foreach (var key in (string[])["a", "b", "some key", ""])
        {
            var bytes = Encoding.UTF8.GetBytes(key);
            Assert.Null(plan.Add(new ProducedRecord(0, bytes, bytes, [], null)));
            Assert.Equal(MurmurHash2.PartitionFor(bytes, 7), plan.Records[^1].Partition);
        }
    }

    [Fact]
    public void Add_WhenThePartitionIsGiven_PutsItBeforeTheKey()
    {
        var plan = new AppendPlan(TopicOf(7), spread: 0, now: 0);
        Assert.Null(plan.Add(new ProducedRecord(0, new byte[] { 1 }, null, [], 6)));
        Assert.Equal(6, plan.Records[0].Partition);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    [InlineData(int.MaxValue)]
    public void Add_WhenThePartitionDoesNotExist_IsTheRecordsErrorAndNoBatch(int partition)
    {
        var plan = new AppendPlan(TopicOf(3), spread: 0, now: 0);
        Assert.Null(plan.Add(new ProducedRecord(0, null, null, [], partition)));
        Assert.Equal(40402, plan.Records[0].Error!.Code);
        Assert.Empty(plan.Batches);
    }

    [Fact]
    public void Add_WithoutKeyAndPartition_StaysUntilTheBatchIsFullAndMovesOn()
    {
        var plan = new AppendPlan(TopicOf(3, maxMessageBytes: 1000), spread: 0.99, now: 0);
        for (var i = 0; i < 9; i++)
            Assert.Null(plan.Add(new ProducedRecord(0, null, new byte[250], [], null)));

        // Three of these fill a batch.
        Assert.Equal([2, 2, 2, 0, 0, 0, 1, 1, 1], plan.Records.Select(record => record.Partition));
        Assert.Equal(plan.Records.Count, plan.Batches.Values.Sum(batches => batches.Build().Sum(batch => CountOf(batch))));
    }

    [Fact]
    public void Add_NeverMakesABatchThatIsTooLarge_AndPlacesEachRecordWhereItIs()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var limit = random.Next(200, 2000);
            var plan = new AppendPlan(TopicOf(3, limit), random.NextDouble(), now: 0);
            var values = new List<byte[]>();
            for (var i = 0; i < 100; i++)
            {
                var value = new byte[random.Next(0, 2500)];
                random.NextBytes(value);
                if (plan.Add(new ProducedRecord(i, null, value, [], random.Next(2) == 0 ? null : random.Next(3))) is null)
                    values.Add(value);
                else
                    Assert.True(Alone(value) > limit, $"seed {seed}: {value.Length} bytes fit into {limit}.");
            }

            var batches = plan.Batches.ToDictionary(pair => pair.Key, pair => pair.Value.Build());
            Assert.All(batches.Values.SelectMany(list => list), batch => Assert.InRange(batch.Length, RecordBatchHeader.Size, limit));
            Assert.Equal(values.Count, plan.Records.Count);
            for (var i = 0; i < values.Count; i++)
            {
                var place = plan.Records[i];
                Assert.Equal(values[i], ValueAt(batches[place.Partition][place.Batch], place.Index));
            }
        }
    }

    private static Topic TopicOf(int partitions, int maxMessageBytes = 1024 * 1024) => new(
        "t",
        new TopicId(Guid.Empty),
        partitions,
        new TopicConfig(new Dictionary<string, string> { ["max.message.bytes"] = maxMessageBytes.ToString() }),
        DateTimeOffset.UnixEpoch);

    private static int Alone(byte[] value)
    {
        var builder = new RecordBatchBuilder();
        builder.Add(0, null, value, []);
        return builder.SizeInBytes;
    }

    private static int CountOf(Memory<byte> batch)
    {
        Assert.True(RecordBatchHeader.TryRead(batch.Span, out var header));
        return header.RecordCount;
    }

    private static byte[] ValueAt(Memory<byte> batch, int index)
    {
        Assert.True(RecordBatchReader.TryOpen(batch, int.MaxValue, out var reader, out _));
        ManagedLog.Protocol.Records.Record record = default;
        for (var i = 0; i <= index; i++)
            Assert.True(reader.TryReadNext(out record));
        return record.Value!.Value.ToArray();
    }
}
