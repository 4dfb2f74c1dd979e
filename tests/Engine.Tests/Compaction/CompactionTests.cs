using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Engine.Tests.Log;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;
using ManagedLog.Testing.Backend;

namespace ManagedLog.Engine.Tests.Compaction;

public class CompactionTests
{
    [Fact]
    public void Tick_OfACompactedTopic_KeepsTheLastOfEachKeyAndMergesWhatGotSmall() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var log = await CompactedTopic.PrepareAsync(world, one);
        var before = await world.SegmentsAsync(log.Topic.At(0));

        await one.TickAsync();

        Assert.Equal(6, before.Count);
        Assert.Equal(log.Last, await log.ReadAsync(one));
        Assert.Equal(log.Last, await log.ReadAsync(await world.StartAsync(), maxBytes: 1));
        var after = await world.SegmentsAsync(log.Topic.At(0));
        Assert.Equal((before[0].BaseOffset, before[^1].EndOffset), (after[0].BaseOffset, after[^1].EndOffset));
        Assert.InRange(after.Count, 1, 4);
        Assert.All(after, row => Assert.True(row.IsRewritten && row.Bytes <= 1.5 * 16384));
        Assert.Equal(before.Select(row => row.Blob), after.SelectMany(row => row.DeadBlobs));
        Assert.Equal(before[^1].EndOffset, (await world.HeadAsync(log.Topic.At(0))).Compaction.CleanOffset);
    });

    [Fact]
    public void Tombstone_GoesWhenItsTimeIsPastSinceItWasCompactedAlthoughNothingIsWritten() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var log = await CompactedTopic.PrepareAsync(world, one);
        await one.TickAsync();
        var horizon = (world.Now + CompactedTopic.DeleteRetention).ToUnixTimeMilliseconds();
        Assert.Equal(horizon, (await world.SegmentsAsync(log.Topic.At(0))).Max(row => row.DeleteHorizon));

        await world.TickForAsync(one, CompactedTopic.DeleteRetention - TimeSpan.FromMinutes(1));
        Assert.Contains(await log.ReadAsync(one), record => record.Value is null);
        await world.TickForAsync(one, TimeSpan.FromMinutes(2));

        Assert.Equal(log.Last.Where(record => record.Value is not null), await log.ReadAsync(one));
        Assert.All(await world.SegmentsAsync(log.Topic.At(0)), row => Assert.Equal(0, row.DeleteHorizon));
        var calls = one.Calls.Calls.Count;
        await one.TickAsync();
        Assert.DoesNotContain(one.Calls.Calls.Skip(calls), call => call.Verb == StorageVerb.ReadRange);
    });

    [Fact]
    public void Log_OfWhichNothingIsLeft_IsOneRowWithoutBatchesAndReadersGoOnBehindIt() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", [.. CompactedTopic.Configs.SkipLast(1), ("delete.retention.ms", "0"), ("segment.ms", "60000")]);
        var log = new KeyedLog(world, topic, TimeSpan.Zero);
        for (var i = 0; i < 12; i++)
            await log.AppendAsync(one, CompressionCodec.None, ("a", HousekeepingInstance.Large(i)));
        await log.AppendAsync(one, CompressionCodec.None, ("a", null));
        await world.TickForAsync(one, TimeSpan.FromMinutes(5));

        Assert.All(await world.SegmentsAsync(topic.At(0)), row => Assert.Equal((0, -1), (row.Bytes, row.MaxTimestamp)));
        Assert.Empty(await log.ReadAsync(one));
        var cold = await world.StartAsync();
        for (var offset = 0; offset <= 13; offset++)
        {
            var empty = (await cold.FetchAsync(topic, FetchFrom.At(offset))).Value;
            Assert.Equal((13, 13), (empty.NextOffset, empty.Offsets.HighWatermark));
            Assert.Equal(13, (await cold.Engine.OffsetForTimestampAsync(topic, 0, offset, default)).Value.Offset);
        }

        var waiting = cold.Engine.FetchAsync(topic, 0, new FetchRequest(FetchFrom.At(3), 1000, TimeSpan.FromSeconds(20)), default);
        await world.WaitAsync(TimeSpan.FromSeconds(1));
        await log.AppendAsync(one, CompressionCodec.None, ("b", "1"));
        Assert.Equal("b", Assert.Single(KeyedLog.Read((await waiting).Value)).Key);
        await world.TickThroughAsync(one, TimeSpan.FromDays(1));
        await log.AssertHoldsAsync(await world.StartAsync());
    });

    /// <summary>From any offset on and for any time, a reader finds what a look through all that is left finds.</summary>
    [Fact]
    public void Reader_OfACompactedLog_FindsTheNextRecordFromAnyOffsetAndForAnyTime()
    {
        for (var seed = 1; seed <= 6; seed++)
        {
            var random = new Random(seed);
            HousekeepingWorld.Run(async world =>
            {
                var one = await world.StartAsync();
                var topic = await one.CreateAsync("t", CompactedTopic.Configs);
                var log = new KeyedLog(world, topic, CompactedTopic.DeleteRetention);
                for (var i = 0; i < 40; i++)
                {
                    await world.WaitAsync(TimeSpan.FromMilliseconds(random.Next(3)));
                    var records = Enumerable.Range(0, random.Next(1, 6)).Select(_ => ($"{random.Next(12)}", (string?)new string('x', random.Next(2000)))).ToArray();
                    await log.AppendAsync(one, (CompressionCodec)random.Next(3), records);
                }

                var end = world.Now.ToUnixTimeMilliseconds();
                await world.TickForAsync(one, TimeSpan.FromMinutes(2));
                var left = await log.ReadAsync(one);
                Assert.True(left.Count < log.End);
                var times = await TimesAsync(one, topic);
                var cold = await world.StartAsync();
                for (var offset = 0; offset < log.End; offset++)
                {
                    var found = await FirstAsync(cold, topic, offset);
                    Assert.Equal(left.FirstOrDefault(record => record.Offset >= offset), found);
                }

                for (var time = end - 60; time <= end + 1; time++)
                {
                    var found = (await cold.Engine.OffsetForTimestampAsync(topic, 0, time, default)).Value;
                    Assert.Equal(times.Where(record => record.Timestamp >= time).Select(record => (long?)record.Offset).FirstOrDefault() ?? log.End, found.Offset);
                }
            });
        }
    }

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    public void Produce_WithoutAKeyToACompactedTopic_IsRefusedAndNothingOfItStands(CompressionCodec codec) => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", ("cleanup.policy", "compact,delete"));
        var builder = new RecordBatchBuilder(codec);
        builder.Add(0, Encoding.UTF8.GetBytes("a"), Encoding.UTF8.GetBytes("1"), []);
        var sound = builder.Build();
        builder.Add(0, Encoding.UTF8.GetBytes("a"), Encoding.UTF8.GetBytes("1"), []);
        builder.Add(0, null, Encoding.UTF8.GetBytes("2"), []);

        var answer = await one.Engine.AppendAsync(topic, 0, new AppendRequest([sound, builder.Build()]), default);

        Assert.Equal(ErrorCode.InvalidRecord, answer.Refusal?.Code);
        Assert.Contains("Topic 't' partition 0: record 1 of batch 1 has no key", answer.Refusal!.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await one.OffsetsAsync(topic)).LogEnd);
    });

    [Fact]
    public void Produce_OfWhatCompactionCouldNotRead_IsRefused() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", ("cleanup.policy", "compact"));
        Assert.Equal(ErrorCode.MessageTooLarge, (await one.Engine.AppendAsync(topic, 0, new AppendRequest([Bomb()]), default)).Refusal?.Code);

        var builder = new RecordBatchBuilder();
        builder.Add(0, Encoding.UTF8.GetBytes("a"), new byte[10], []);
        var malformed = builder.Build();
        malformed.Span[^1] = 9;
        RecordBatchPatch.SealCrc(malformed.Span);
        Assert.Equal(ErrorCode.CorruptMessage, (await one.Engine.AppendAsync(topic, 0, new AppendRequest([malformed]), default)).Refusal?.Code);

        builder.Add(0, Encoding.UTF8.GetBytes("a"), null, []);
        RecordBatchFilter.Filter(builder.Build(), (in RecordOutline _) => true, 5, 1000, out var horizon);
        var answer = await one.Engine.AppendAsync(topic, 0, new AppendRequest([horizon.ToArray()]), default);
        Assert.Equal(ErrorCode.InvalidRecord, answer.Refusal?.Code);
        Assert.Contains("delete horizon", answer.Refusal!.Message, StringComparison.Ordinal);
    });

    /// <summary>A topic that was not compacted before may hold anything.</summary>
    [Fact]
    public void Compaction_OfRecordsWithoutKeyAndBatchesThatCannotBeRead_DropsTheOnesAndLeavesTheOthers() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", ("segment.bytes", "16384"));
        var malformed = HousekeepingWorld.Batch(5, HousekeepingInstance.Large(0));
        malformed.Span[^1] = 9;
        RecordBatchPatch.SealCrc(malformed.Span);
        Assert.False((await one.Engine.AppendAsync(topic, 0, new AppendRequest([malformed]), default)).IsRefused);
        await one.AppendLargeAsync(topic, 6);
        var context = HousekeepingWorld.Context(world.Twin, world);
        var chain = (await new ChainStore(context, topic.At(0)).ReadAsync())!;

        var result = await new LogCompaction(context, topic.At(0), new TopicConfig(new Dictionary<string, string> { ["cleanup.policy"] = "compact" })).CompactAsync(chain, world.Now, () => false);

        Assert.Equal(RewriteOutcome.Replaced, result.Outcome);
        var row = Assert.Single(await world.SegmentsAsync(topic.At(0)));
        var left = (await world.Twin.ReadRangeAsync(row.Blob, 0, (int)row.Bytes, default)).Value.Content;
        RecordBatchHeader.TryRead(left.Span, out var header);
        Assert.Equal((0, left.Length, 0), (header.BaseOffset, header.SizeInBytes, row.BaseOffset));
        Assert.True(malformed.Span[RecordBatchHeader.CrcStart..].StartsWith(left.Span[RecordBatchHeader.Size..]) || left.Span[^1] == 9);
    });

    [Fact]
    public void CompactAndDelete_BothGoOn_AndRetentionTakesCompactedSegments() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var log = await CompactedTopic.PrepareAsync(world, one, ("cleanup.policy", "compact,delete"), ("retention.ms", "86400000"));
        await world.TickForAsync(one, TimeSpan.FromHours(1));
        await log.AssertHoldsAsync(one);
        Assert.Equal(log.Last, await log.ReadAsync(one));

        log.DeletedBelow = log.End;
        await world.TickThroughAsync(one, TimeSpan.FromDays(3));

        Assert.Empty(await log.ReadAsync(one));
        Assert.Equal(log.End, (await one.OffsetsAsync(log.Topic)).LogStart);
        Assert.Empty(await world.SegmentsAsync(log.Topic.At(0)));
        Assert.Equal(await world.NamedAsync(log.Topic.At(0)), await world.BlobsAsync(log.Topic.Id));
    });

    [Fact]
    public void Tick_WithMaxCompactionLag_RollsAndCompactsInTimeWhateverTheRatio() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", ("cleanup.policy", "compact"), ("min.cleanable.dirty.ratio", "1"), ("max.compaction.lag.ms", "600000"));
        var log = new KeyedLog(world, topic, TimeSpan.FromDays(1));
        for (var i = 0; i < 5; i++)
            await log.AppendAsync(one, CompressionCodec.None, ("a", $"{i}"));

        await world.TickForAsync(one, TimeSpan.FromMinutes(9));
        Assert.Equal(5, (await log.ReadAsync(one)).Count);
        await world.TickForAsync(one, TimeSpan.FromMinutes(3));

        Assert.Equal(log.Last, await log.ReadAsync(one));
    });

    /// <summary>However little a tick may take, every tick takes the pass on, and what was done is not done again.</summary>
    [Fact]
    public void Ticks_ThatAreOverAtOnce_ComeToTheEndStepByStep() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync(configure: options => options.HousekeepingTickLimit = TimeSpan.FromMilliseconds(15), decorate: storage => new SlowStorage(storage, world));
        var log = await CompactedTopic.PrepareAsync(world, await world.StartAsync());
        var swaps = 0;
        for (var ticks = 1; ; ticks++)
        {
            var before = (await world.HeadAsync(log.Topic.At(0))).Compaction;
            await one.TickAsync();
            await log.AssertHoldsAsync(await world.StartAsync());
            var after = (await world.HeadAsync(log.Topic.At(0))).Compaction;
            Assert.True((after.CleanOffset, after.Next).CompareTo((before.CleanOffset, before.Next)) > 0, $"{before} became {after}");
            if (!after.IsUnderWay && after.CleanOffset == (await world.HeadAsync(log.Topic.At(0))).Active.BaseOffset)
                break;
            swaps++;
            await world.WaitAsync(TimeSpan.FromMinutes(1));
        }

        Assert.InRange(swaps, 2, 40);
        Assert.Equal(log.Last, await log.ReadAsync(one));
    });

    /// <summary>Ranges and blocks of 4 MiB at most, however large the segment, and each byte of a dirty one read twice: for its keys, and to copy it.</summary>
    [Fact]
    public void Compaction_OfLargeSegments_ReadsAndWritesBoundedPieces() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", ("cleanup.policy", "compact"), ("segment.bytes", "12000000"));
        var log = new KeyedLog(world, topic, TimeSpan.FromDays(1));
        for (var i = 0; i < 16; i++)
            await log.AppendAsync(one, CompressionCodec.None, ($"{i % 12}", new string((char)('a' + i), 900_000)));
        await world.WaitAsync(TimeSpan.FromMinutes(1));
        var source = Assert.Single(await world.SegmentsAsync(topic.At(0)));
        var before = one.Calls.Calls.Count;

        await one.TickAsync();

        var calls = one.Calls.Calls.Skip(before).ToList();
        var row = Assert.Single(await world.SegmentsAsync(topic.At(0)));
        Assert.All(calls.Where(call => call.Verb is StorageVerb.ReadRange or StorageVerb.StageBlock), call => Assert.InRange(call.Bytes, 1, SegmentObjectWriter.BlockBytes));
        var ranges = (source.Bytes + SegmentObjectWriter.BlockBytes - 1) / SegmentObjectWriter.BlockBytes;
        Assert.Equal(2 * ranges, calls.Count(call => call.Verb == StorageVerb.ReadRange && call.Target == source.Blob));
        await log.AssertHoldsAsync(one);
        var blocks = ((row.Bytes + SegmentObjectWriter.BlockBytes - 1) / SegmentObjectWriter.BlockBytes) + 1;
        Assert.Equal(blocks, calls.Count(call => call.Verb == StorageVerb.StageBlock));
        Assert.Equal(1, calls.Count(call => call.Verb == StorageVerb.CommitBlocks));
        Assert.Equal(1, calls.Count(call => call.Verb == StorageVerb.CommitRows && call.Key.Contains(StorageLayout.SegmentRowKeyPrefix, StringComparison.Ordinal)));
    });

    /// <summary>R5: what does not read back as it was written takes nothing's place; and what is not what the chain says is not built upon.</summary>
    [Theory]
    [InlineData(".segment", 40)]
    [InlineData(".log", 9000)]
    public void Compaction_WhenABitIsWrong_ReplacesNothingUntilItIsRight(string suffix, long at) => HousekeepingWorld.Run(async world =>
    {
        LyingBackend? lying = null;
        var one = await world.StartAsync(decorate: storage => lying = new LyingBackend(storage));
        var log = await CompactedTopic.PrepareAsync(world, await world.StartAsync());
        var before = await world.SegmentsAsync(log.Topic.At(0));
        lying!.Lie = LyingBackend.Flip(suffix, at);

        await one.TickAsync();

        Assert.Equal(before, await world.SegmentsAsync(log.Topic.At(0)));
        lying.Lie = (_, _, truth) => truth;
        await world.TickThroughAsync(one, TimeSpan.FromDays(8));
        await log.AssertHoldsAsync(one);
        Assert.Equal(log.Last.Where(record => record.Value is not null), await log.ReadAsync(one));
    });

    [Fact]
    public void Object_OfCompaction_HasAFooterThatSaysWhatIsLeft() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var log = await CompactedTopic.PrepareAsync(world, one);
        await one.TickAsync();
        foreach (var row in await world.SegmentsAsync(log.Topic.At(0)))
        {
            var bytes = (await world.Twin.ReadRangeAsync(row.Blob, 0, 1_000_000, default)).Value.Content;
            Assert.True(SegmentFooter.TryDecode(bytes[(int)row.Bytes..], out var footer));
            Assert.Equal(
                (row.Segment, row.BaseOffset, row.EndOffset, row.Bytes, row.MaxTimestamp),
                (footer.Summary.Segment, footer.Summary.BaseOffset, footer.Summary.EndOffset, footer.Summary.Bytes, footer.Summary.MaxTimestamp));
            Assert.Equal(Crc32C.Compute(bytes.Span[..(int)row.Bytes]), footer.Summary.Crc);
            Assert.True(OffsetIndex.Decode(footer.OffsetIndex.Span)!.Covers(row.BaseOffset, 0, row.Bytes));
        }
    });

    /// <summary>A small batch whose records would be 70 MB.</summary>
    private static byte[] Bomb()
    {
        var builder = new RecordBatchBuilder(CompressionCodec.Gzip);
        builder.Add(0, Encoding.UTF8.GetBytes("a"), new byte[1000], []);
        using var stream = new MemoryStream();
        stream.Write(builder.Build().Span[..RecordBatchHeader.Size]);
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(new byte[70_000_000]);
        var batch = stream.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - RecordBatchHeader.LogOverhead);
        RecordBatchPatch.SealCrc(batch);
        return batch;
    }

    private static async Task<Keyed?> FirstAsync(HousekeepingInstance instance, Topic topic, long offset)
    {
        while (true)
        {
            var fetched = (await instance.FetchAsync(topic, FetchFrom.At(offset))).Value;
            if (KeyedLog.Read(fetched).FirstOrDefault() is { } found)
                return found;
            if (fetched.Batches.Count == 0)
                return null;
            Assert.True(fetched.NextOffset > offset);
            offset = fetched.NextOffset;
        }
    }

    private static async Task<List<(long Offset, long Timestamp)>> TimesAsync(HousekeepingInstance instance, Topic topic)
    {
        var times = new List<(long, long)>();
        for (var from = FetchFrom.Earliest; ;)
        {
            var fetched = (await instance.FetchAsync(topic, from)).Value;
            if (fetched.Batches.Count == 0)
                return times;
            foreach (var batch in fetched.Batches)
            {
                RecordBatchReader.TryOpen(batch, 1_000_000, out var reader, out _);
                while (reader!.TryReadNext(out var record))
                    times.Add((record.Offset, record.Timestamp));
            }

            from = FetchFrom.At(fetched.NextOffset);
        }
    }

    /// <summary>Every call takes a millisecond.</summary>
    private sealed class SlowStorage(IStorageBackend inner, HousekeepingWorld world) : InterceptingBackend(inner)
    {
        protected override async ValueTask<Outcome<T>> InvokeAsync<T>(
            StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
        {
            await world.WaitAsync(TimeSpan.FromMilliseconds(1));
            return await proceed(cancellationToken);
        }
    }
}
