using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Records;
using Record = ManagedLog.Protocol.Records.Record;

namespace ManagedLog.Engine.Tests.Log;

public class TimeLookupTests
{
    private const CompressionCodec None = CompressionCodec.None;

    private readonly LogFixture _fixture = new();

    /// <summary>The lookup says what reading the whole log says, whatever the times are like and whichever segments are rewritten.</summary>
    [Fact]
    public async Task Lookup_OfAnyTimeInAnyLog_FindsWhatReadingAllOfItFinds()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var fixture = new LogFixture();
            var segments = NextSegments(random);
            var records = Records(segments);
            var logStart = random.Next(3) == 0 ? random.NextInt64(records.Count) : 0;
            await StoredPartition.PutAsync(fixture, segments, logStart);
            var instance = fixture.Start();
            foreach (var row in (await instance.ChainAsync(fixture)).Sealed)
            {
                if (random.Next(2) == 0)
                    await instance.RewriteAsync(fixture, row);
            }

            var warm = fixture.Start();
            foreach (var timestamp in records.SelectMany(record => (long[])[record.Timestamp - 1, record.Timestamp, record.Timestamp + 1]).Append(0).Append(long.MaxValue).Append(long.MinValue).Distinct())
            {
                var first = records.FindIndex(record => record.Offset >= logStart && record.Timestamp >= timestamp);
                var expected = first < 0 ? new OffsetAtTime(records.Count, null) : new OffsetAtTime(records[first].Offset, records[first].Timestamp);
                foreach (var asked in random.Next(10) == 0 ? (LogFixture.Instance[])[warm, fixture.Start()] : [warm])
                {
                    var found = await asked.Log.OffsetForTimestampAsync(timestamp);

                    Assert.False(found.IsRefused, found.Refusal?.ToString());
                    Assert.True(expected == found.Value, $"Seed {seed}, timestamp {timestamp}: {found.Value} instead of {expected}.");
                }
            }
        }
    }

    [Fact]
    public async Task Lookup_InARewrittenSegment_CostsItsFooterAndOneRangeAtMost()
    {
        // Batches of every size up to 200 KiB in 3 MiB: index points and chunks of the cache lie across each other.
        var random = new Random(8);
        var time = 1000L;
        List<Memory<byte>> batches = [];
        while (batches.Sum(batch => (long)batch.Length) < 3 * 1024 * 1024)
            batches.Add(StoredPartition.Batch(random, [time += 10, time += 10], random.Next(4) == 0 ? random.Next(100_000) : random.Next(3_000)));
        var records = Records([batches]);
        await StoredPartition.PutAsync(_fixture, [batches, [StoredPartition.Batch(random, [time += 10])], [StoredPartition.Batch(random, [time + 10])]]);
        await _fixture.Start().RewriteAllAsync(_fixture);
        var largest = batches.Max(batch => batch.Length);
        foreach (var record in records.Where((_, i) => i % 2 == 0))
        {
            var cold = _fixture.Start();
            await cold.Log.OffsetsAsync();
            var before = cold.Calls.Snapshot();

            var found = await cold.Log.OffsetForTimestampAsync(record.Timestamp - 5);

            Assert.Equal(record.Offset, found.Value.Offset);
            Assert.Equal("ReadRange=2", cold.Calls.Since(before).ToString());
            Assert.InRange(cold.Calls.Calls[^1].Bytes, 1, (32 * 1024) + largest);

            var again = cold.Calls.Snapshot();
            await cold.Log.OffsetForTimestampAsync(record.Timestamp - 5);
            Assert.Equal(0, cold.Calls.Since(again).Total);
        }
    }

    [Fact]
    public async Task Lookup_OfATimeThatWholeSegmentsAreBefore_DoesNotReadThem()
    {
        var random = new Random(9);
        List<IReadOnlyList<Memory<byte>>> segments = [.. Enumerable.Range(0, 50).Select(i => (IReadOnlyList<Memory<byte>>)[StoredPartition.Batch(random, [1000 + i])])];
        await StoredPartition.PutAsync(_fixture, segments);
        await _fixture.Start().RewriteAllAsync(_fixture);
        var cold = _fixture.Start();
        await cold.Log.OffsetsAsync();
        var before = cold.Calls.Snapshot();

        Assert.Equal(new OffsetAtTime(47, 1047), (await cold.Log.OffsetForTimestampAsync(1047)).Value);

        Assert.Equal("ReadRange=2", cold.Calls.Since(before).ToString());
    }

    [Fact]
    public async Task Lookup_OfWhatThisInstanceAppended_CostsNothing()
    {
        var instance = _fixture.Start();
        for (var i = 0; i < 50; i++)
            await AppendAsync(instance, 1000 + i);
        var before = instance.Calls.Snapshot();

        Assert.Equal(new OffsetAtTime(33, 1033), (await instance.Log.OffsetForTimestampAsync(1033)).Value);

        Assert.Equal(0, instance.Calls.Since(before).Total);
    }

    [Fact]
    public async Task Lookup_OfATimeAfterAllRecords_GivesTheLogEndThatOtherInstancesHaveMade()
    {
        var instance = _fixture.Start();
        await AppendAsync(instance, 1000);
        Assert.Equal(new OffsetAtTime(1, null), (await instance.Log.OffsetForTimestampAsync(2000)).Value);
        await AppendAsync(_fixture.Start(), 1500);

        Assert.Equal(new OffsetAtTime(2, null), (await instance.Log.OffsetForTimestampAsync(2000)).Value);
        await AppendAsync(_fixture.Start(), 2500);
        Assert.Equal(new OffsetAtTime(2, 2500), (await instance.Log.OffsetForTimestampAsync(2000)).Value);
    }

    [Fact]
    public async Task Lookup_InANeverWrittenPartition_GivesOffsetZero() =>
        Assert.Equal(new OffsetAtTime(0, null), (await _fixture.Start().Log.OffsetForTimestampAsync(1)).Value);

    [Fact]
    public async Task Lookup_InABatchWhoseHeaderPromisesALaterRecord_GoesOnBehindIt()
    {
        var random = new Random(10);
        var lying = StoredPartition.Batch(random, [1000]);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(lying.Span[35..], 9000);
        RecordBatchPatch.SealCrc(lying.Span);
        await StoredPartition.PutAsync(_fixture, [[lying, StoredPartition.Batch(random, [1001])], [lying.ToArray(), StoredPartition.Batch(random, [2000])], []]);

        Assert.Equal(new OffsetAtTime(3, 2000), (await _fixture.Start().Log.OffsetForTimestampAsync(1500)).Value);
        Assert.Equal(new OffsetAtTime(4, null), (await _fixture.Start().Log.OffsetForTimestampAsync(8000)).Value);
    }

    [Fact]
    public async Task Lookup_InABatchThatCannotBeDecompressed_AnswersWithTheWholeBatch()
    {
        var random = new Random(11);
        var unreadable = StoredPartition.Batch(random, [1000, 2000, 3000]);
        unreadable.Span[22] |= (byte)CompressionCodec.Gzip;
        RecordBatchPatch.SealCrc(unreadable.Span);
        await StoredPartition.PutAsync(_fixture, [[StoredPartition.Batch(random, [1, 2]), unreadable, StoredPartition.Batch(random, [4000])]]);

        Assert.Equal(new OffsetAtTime(2, 3000), (await _fixture.Start().Log.OffsetForTimestampAsync(2500)).Value);
    }

    [Fact]
    public async Task Lookup_WhenTheLogBlobHasGoneSinceTheViewWasMade_LooksInTheObject()
    {
        var random = new Random(12);
        await StoredPartition.PutAsync(_fixture, [[StoredPartition.Batch(random, [1000]), StoredPartition.Batch(random, [2000])], []]);
        var old = _fixture.Start();
        await old.Log.OffsetsAsync();
        var rewriting = _fixture.Start();
        var source = (await rewriting.ChainAsync(_fixture)).Sealed[0];
        await rewriting.RewriteAllAsync(_fixture);
        await _fixture.DeleteAsync(source.Blob);

        Assert.Equal(new OffsetAtTime(1, 2000), (await old.Log.OffsetForTimestampAsync(1500)).Value);
    }

    [Fact]
    public async Task Fetch_FromATimestamp_BeginsWithTheFirstRecordThatIsNotOlder()
    {
        var instance = _fixture.Start();
        for (var i = 0; i < 10; i++)
            await AppendAsync(instance, 1000 + (i * 10));

        var some = await instance.Log.FetchAsync(new FetchRequest(FetchFrom.AtTimestamp(1045), 100_000, TimeSpan.Zero), "test", default);
        var none = await instance.Log.FetchAsync(new FetchRequest(FetchFrom.AtTimestamp(5000), 100_000, TimeSpan.Zero), "test", default);

        Assert.Equal((5, 5, 10), (some.Value.FetchOffset, some.Value.Batches.Count, some.Value.NextOffset));
        Assert.Equal((10, 0, 10), (none.Value.FetchOffset, none.Value.Batches.Count, none.Value.NextOffset));
    }

    private static async Task AppendAsync(LogFixture.Instance instance, long timestamp) =>
        Assert.False((await instance.Log.AppendAsync(new AppendRequest([StoredPartition.Batch(new Random(1), [timestamp])]), "test", default)).IsRefused);

    /// <summary>One to four segments of small and large batches of both timestamp types, with times that climb, jump or go back.</summary>
    private static List<IReadOnlyList<Memory<byte>>> NextSegments(Random random)
    {
        var time = 1_000_000L;
        var disorder = random.Next(3) * 500;
        List<IReadOnlyList<Memory<byte>>> segments = [];
        for (var more = random.Next(1, 5); more > 0; more--)
        {
            List<Memory<byte>> batches = [];
            for (var count = random.Next(1, 25); count > 0; count--)
            {
                var timestamps = Enumerable.Range(0, random.Next(1, 6)).Select(_ => (time += random.Next(20)) - random.Next(disorder + 1)).ToList();
                var batch = StoredPartition.Batch(random, timestamps, random.Next(5) == 0 ? 12_000 : 30, random.Next(3) == 0 ? CompressionCodec.Gzip : None);
                if (random.Next(3) == 0)
                {
                    RecordBatchPatch.SetAppendTime(batch.Span, time - random.Next(disorder + 1));
                    RecordBatchPatch.SealCrc(batch.Span);
                }

                batches.Add(batch);
            }

            segments.Add(batches);
        }

        return segments;
    }

    /// <summary>All records as they will stand.</summary>
    private static List<Record> Records(IEnumerable<IReadOnlyList<Memory<byte>>> segments)
    {
        List<Record> records = [];
        foreach (var batch in segments.SelectMany(batches => batches))
        {
            Assert.True(RecordBatchReader.TryOpen(batch, 1_000_000, out var reader, out _));
            while (reader.TryReadNext(out var record))
                records.Add(record with { Offset = records.Count });
        }

        return records;
    }
}
