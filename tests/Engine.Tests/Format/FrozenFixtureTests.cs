using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Fixtures;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Engine.Tests.Format;

/// <summary>What earlier builds wrote is read, and gone on with, by this one.</summary>
public class FrozenFixtureTests
{
    public static TheoryData<string> Formats => FrozenAccount.Formats;

    [Theory]
    [MemberData(nameof(Formats))]
    public void Account_OfAFrozenFormat_ReadsAsItWasWritten(string format) => FrozenAccount.Run(format, async account =>
    {
        var engine = await account.StartAsync();

        Assert.Equal(account.Fixture.Log, await LogTextReader.ReadAsync(engine));

        Assert.Empty(engine.StoppedPartitions);
    });

    [Theory]
    [MemberData(nameof(Formats))]
    public void Account_OfAFrozenFormat_RecognisesEveryRetryOfWhatItRemembers(string format) => FrozenAccount.Run(format, async account =>
    {
        var engine = await account.StartAsync();
        var retried = 0;
        foreach (var topic in (await engine.ListTopicsAsync(default)).Value)
        {
            for (var partition = 0; partition < topic.Partitions; partition++)
            {
                var sent = (await LogTextReader.FetchAsync(engine, topic, partition)).Where(IsOfAProducer).ToList();
                var end = (await engine.OffsetsAsync(topic, partition, default)).Value.LogEnd;
                foreach (var batch in sent.GroupBy(batch => Header(batch).Producer.Id).SelectMany(LastFiveOfTheLastEpoch))
                {
                    var answer = await (await account.StartAsync()).AppendAsync(topic, partition, new AppendRequest([batch.ToArray()]), default);
                    Assert.False(answer.IsRefused, $"{topic.Name}: {answer.Refusal}");
                    Assert.Equal(Header(batch).BaseOffset, answer.Value.Batches[0].BaseOffset);
                    Assert.Equal(Header(batch).TimestampType == TimestampType.LogAppendTime ? Header(batch).MaxTimestamp : -1, answer.Value.Batches[0].AppendTime);
                    retried++;
                }

                Assert.Equal(end, (await engine.OffsetsAsync(topic, partition, default)).Value.LogEnd);
            }
        }

        Assert.InRange(retried, 20, 1000);
    });

    [Theory]
    [MemberData(nameof(Formats))]
    public void Account_OfAFrozenFormat_TakesAppendsRollsRewritesAndRetains(string format) => FrozenAccount.Run(format, async account =>
    {
        var engine = await account.StartAsync();
        var topics = (await engine.ListTopicsAsync(default)).Value;
        foreach (var topic in topics)
        {
            for (var partition = 0; partition < topic.Partitions; partition++)
            {
                var end = (await engine.OffsetsAsync(topic, partition, default)).Value.LogEnd;
                for (var i = 0; i < 12; i++)
                    Assert.Equal(end + i, await AppendAsync(engine, topic, partition, account.Now, new string('y', 9000)));
            }
        }

        var written = await LogTextReader.ReadAsync(await account.StartAsync());
        await account.KeepHouseAsync(engine, 20, TimeSpan.FromMinutes(10));
        Assert.Equal(WithoutTopic("retained", written), WithoutTopic("retained", await LogTextReader.ReadAsync(await account.StartAsync())));

        // What ended is rewritten, what nobody needs is gone: dead blobs, the orphan, and all of the deleted topics but their heads.
        var blobs = await account.BlobsAsync();
        Assert.DoesNotContain(blobs, blob => blob.Contains("00112233445566778899aabbccddeeff", StringComparison.Ordinal));
        Assert.All(blobs.Where(blob => blob != StorageLayout.ControllerBlob), blob => Assert.Contains(topics, topic => blob.StartsWith(topic.Id.ToString(), StringComparison.Ordinal)));
        foreach (var topic in topics)
            Assert.Single(blobs, blob => blob.StartsWith(StorageLayout.BlobPrefix(topic.At(0)), StringComparison.Ordinal) && blob.EndsWith(".log", StringComparison.Ordinal));

        // Retention, a week later: everything that was there before is gone, where the topic does not keep it for ever.
        await account.KeepHouseAsync(engine, 10, TimeSpan.FromDays(1));
        foreach (var topic in topics)
        {
            var ends = (await (await account.StartAsync()).OffsetsAsync(topic, 0, default)).Value;
            if (topic.Name == "started-within")
                Assert.Equal(11, ends.LogStart);
            else
                Assert.Equal(ends.LogEnd, ends.LogStart);
            Assert.Equal(ends.LogEnd, await AppendAsync(await account.StartAsync(), topic, 0, account.Now, "afterwards"));
        }

        Assert.Empty(engine.StoppedPartitions);
    });

    [Theory]
    [MemberData(nameof(Formats))]
    public void IdempotencyKeys_OfAFrozenFormat_AreKnown(string format)
    {
        var rows = FrozenAccount.Read(format).Image.Rows;
        Assert.Equal(2, rows.Count(row => row.Table == StorageLayout.IdempotencyTable));

        // Two days later they have expired; so they are looked up at the time at which they were written.
        SimulationLoop.Run(1, TimeSpan.FromDays(1), async loop =>
        {
            var storage = FixtureWriter.NewAccount(loop.Time);
            await FrozenAccount.Read(format).Image.LoadAsync(storage);
            await Task.Delay(TimeSpan.FromHours(1), loop.Time);
            var engine = await FixtureWriter.StartAsync(storage, loop.Time, seed: 9);
            var topic = (await engine.FindTopicAsync("keys", default)).Value;
            var asked = new IdempotentRequest(topic.Id, "key-1", "", $"{1:x64}", 9, 0.9, 7);

            var claim = (await engine.ClaimIdempotencyKeyAsync(asked, default)).Value;

            Assert.False(claim.IsOtherRequest);
            Assert.Equal((4, 1 << 20), (claim.Partitions, claim.BatchBytes));
            Assert.True((await engine.ClaimIdempotencyKeyAsync(asked with { BodyHash = $"{2:x64}" }, default)).Value.IsOtherRequest);
            var batch = LogText.Read((await LogTextReader.FetchAsync(engine, topic, 1))[0]);
            Assert.Equal(new BatchIdentity(claim.Producer, 0), batch.Producer);
            Assert.Equal(claim.CreatedAt, batch.Records[0].Timestamp);
        });
    }

    private static async Task<long> AppendAsync(LogEngine engine, Topic topic, int partition, long timestamp, string value)
    {
        var builder = new RecordBatchBuilder();
        builder.Add(timestamp, "key"u8.ToArray(), System.Text.Encoding.UTF8.GetBytes(value), []);
        var answer = await engine.AppendAsync(topic, partition, new AppendRequest([builder.Build()]), default);
        Assert.False(answer.IsRefused, $"{topic.Name}: {answer.Refusal}");
        return answer.Value.Batches[0].BaseOffset;
    }

    private static RecordBatchHeader Header(ReadOnlyMemory<byte> batch)
    {
        Assert.True(RecordBatchHeader.TryRead(batch.Span, out var header));
        return header;
    }

    private static bool IsOfAProducer(ReadOnlyMemory<byte> batch) => !InstanceProducer.IsAnonymous(Header(batch));

    private static IEnumerable<ReadOnlyMemory<byte>> LastFiveOfTheLastEpoch(IEnumerable<ReadOnlyMemory<byte>> batches)
    {
        var epoch = batches.Max(batch => Header(batch).Producer.Epoch);
        return batches.Where(batch => Header(batch).Producer.Epoch == epoch).TakeLast(ProducerState.BatchesKept);
    }

    /// <summary>Its retention moves the log start meanwhile.</summary>
    private static string WithoutTopic(string topic, string text)
    {
        var from = text.IndexOf($"topic {topic} ", StringComparison.Ordinal);
        return text.Remove(from, text.IndexOf("\ntopic ", from, StringComparison.Ordinal) - from);
    }
}
