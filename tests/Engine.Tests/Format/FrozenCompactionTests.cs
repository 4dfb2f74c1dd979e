using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Fixtures;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;
using Record = ManagedLog.Protocol.Records.Record;

namespace ManagedLog.Engine.Tests.Format;

/// <summary>As <see cref="FrozenFixtureTests"/> and <see cref="FrozenBytesTests"/>, of an account whose topics are compacted.</summary>
public class FrozenCompactionTests
{
    private const int LogStartWithin = 30;

    /// <summary>Properties that this build writes and the build that froze the account did not, by row type.</summary>
    private static readonly Dictionary<string, string[]> s_addedProperties = [];

    public static TheoryData<string> Formats => FrozenAccount.CompactedFormats;

    [Theory]
    [MemberData(nameof(Formats))]
    public void Fixture_HoldsEveryKindOfThingThatCompactionStores(string format)
    {
        var image = FrozenAccount.Read(format).Image;
        var heads = Rows(image, "head").Select(row => PartitionHeadRow.Decode(row.ToRow())).ToList();
        Assert.Single(heads, head => head.Compaction is { IsUnderWay: true, Next: > 0 });
        Assert.Contains(heads, head => head.Compaction is { IsUnderWay: false, CleanOffset: > 0 });
        Assert.Contains(heads, head => head.LogStartOffset == LogStartWithin);
        var segments = Rows(image, "segment-").Select(row => ChainSegmentRow.Decode(row.ToRow())).ToList();
        Assert.Contains(segments, segment => segment.OwnEndOffset > 0 && segment.OwnEndOffset < segment.EndOffset);
        Assert.Contains(segments, segment => segment is { IsRewritten: true, OwnEndOffset: 0 });
        Assert.Contains(segments, segment => segment.DeleteHorizon > 0);
        Assert.Contains(segments, segment => segment is { IsRewritten: true, DeleteHorizon: 0 });
        Assert.Contains(segments, segment => !segment.IsRewritten);

        // Made of what was compacted before.
        Assert.Contains(segments, segment => segment.DeadBlobs.Count(blob => blob.EndsWith(".segment", StringComparison.Ordinal)) > 1 && segment.DeadBytes > 0);
        var batches = Objects(image).SelectMany(made => Batches(made.Blob.Content[..(int)made.Row.Bytes])).ToList();
        Assert.Contains(batches, batch => batch.DeleteHorizon is not null && batch.TimestampType == TimestampType.CreateTime);
        Assert.Contains(batches, batch => batch.DeleteHorizon is not null && batch.TimestampType == TimestampType.LogAppendTime);
        foreach (var codec in new[] { CompressionCodec.None, CompressionCodec.Gzip, CompressionCodec.Snappy })
            Assert.Contains(batches, batch => batch.Codec == codec && batch.RecordCount <= batch.LastOffsetDelta);
        Assert.Contains(Objects(image), made => made.Footer.Producers.Length > 0);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void CompactedAccount_OfAFrozenFormat_ReadsAsItWasWritten(string format) => FrozenAccount.Run(format, async account =>
    {
        var engine = await account.StartAsync();
        Assert.Equal(account.Fixture.Log, await LogTextReader.ReadAsync(engine));
        Assert.Empty(engine.StoppedPartitions);
    });

    [Theory]
    [MemberData(nameof(Formats))]
    public void CompactedAccount_EncodedAgain_IsTheBytesThatWereFrozen(string format)
    {
        var image = FrozenAccount.Read(format).Image;
        foreach (var row in image.Rows)
        {
            var (type, key, properties) = FrozenBytesTests.EncodeAgain(row);
            Assert.Equal(row.Address, key);
            foreach (var (name, value) in row.Properties)
                Assert.True(properties.TryGetValue(name, out var today) && today.Equals(value) && today.Value.GetType() == value.Value.GetType(), $"{type} {row.Address.RowKey}: {name}");
            Assert.Equal(s_addedProperties.GetValueOrDefault(type, []).Order(StringComparer.Ordinal), properties.Keys.Except(row.Properties.Keys).Order(StringComparer.Ordinal));
        }

        foreach (var blob in image.Blobs.Where(blob => blob.Name.EndsWith(".log", StringComparison.Ordinal)))
        {
            foreach (var frame in FrozenBytesTests.Frames(blob.Content).Where(frame => frame.Kind == FrameKind.Batch))
                FrozenBytesTests.AssertEncodesTheSame(blob.Content[frame.At..(frame.At + frame.Length)]);
        }

        var compared = 0;
        foreach (var (blob, row, footer) in Objects(image))
        {
            var batches = blob.Content[..(int)row.Bytes];
            var digest = new SegmentDigest(row.BaseOffset, mayHaveGaps: true);
            Assert.True(digest.TryAdd(batches), digest.Defect);
            var summary = new SegmentSummary(
                footer.Summary.TopicPartition, row.Segment, row.BaseOffset, row.EndOffset, digest.Bytes, digest.MaxTimestamp, row.LeaderEpoch, digest.BatchCount, digest.RecordCount, digest.Crc);
            var producers = row.ProducersBlob is { } named ? image.Blobs.Single(other => other.Name == named).Content : [];
            Assert.Equal(blob.Content[(int)row.Bytes..], new SegmentFooter(summary, digest.Index.Encode(), ReadOnlyMemory<byte>.Empty, producers).Encode());
            Assert.Equal(row.DeleteHorizon, Batches(batches).Min(batch => batch.DeleteHorizon) ?? 0);
            compared += AssertFiltersTheSame(batches, AppendedTo(image, footer.Summary.TopicPartition));
        }

        Assert.InRange(compared, 50, 1000);
    }

    /// <summary>
    /// Days later everything is compacted by this build: what is left is the last record of each key, at its offset and unchanged, whichever build compacted it before, and the
    /// pass that was cut off has been ended.
    /// </summary>
    [Theory]
    [MemberData(nameof(Formats))]
    public void CompactedAccount_OfAFrozenFormat_IsGoneOnWithAndCompactedFurther(string format) => FrozenAccount.Run(format, async account =>
    {
        var engine = await account.StartAsync();
        var topics = (await engine.ListTopicsAsync(default)).Value;
        var expected = new Dictionary<string, List<string>>();
        foreach (var topic in topics)
        {
            var records = await CompactedCheck.ReadAsync(engine, topic);
            await RetryTheLastOfTheProducerAsync(account, topic);
            var end = (await engine.OffsetsAsync(topic, 0, default)).Value.LogEnd;
            var keys = records.Select(CompactedCheck.KeyOf).Distinct().ToList();
            for (var i = 0; i < 12; i++)
            {
                // Keys that there are already, and new ones; every fourth is ended.
                var key = i % 3 == 0 ? $"new {i}" : keys[i * 5 % keys.Count];
                Assert.Equal(end + i, await AppendAsync(engine, topic, account.Now, key, i % 4 == 0 ? null : $"later {i} {new string('y', 5000)}"));
            }

            expected[topic.Name] = [.. (await CompactedCheck.ReadAsync(engine, topic))
                .GroupBy(CompactedCheck.KeyOf)
                .Select(records => records.MaxBy(record => record.Offset))
                .Where(record => record.Value is not null)
                .OrderBy(record => record.Offset)
                .Select(Text)];
        }

        await account.KeepHouseAsync(engine, 20, TimeSpan.FromMinutes(10));
        await account.KeepHouseAsync(engine, 25, TimeSpan.FromDays(1));

        var reader = await account.StartAsync();
        foreach (var topic in topics)
        {
            Assert.Equal(expected[topic.Name], (await CompactedCheck.ReadAsync(reader, topic)).Select(Text));
            var head = await account.HeadAsync(topic, 0);
            Assert.Equal((false, (await reader.OffsetsAsync(topic, 0, default)).Value.LogEnd), (head.Compaction.IsUnderWay, head.Compaction.CleanOffset));
            Assert.Equal(topic.Name == "started-within" ? LogStartWithin : 0, head.LogStartOffset);
        }

        // Nothing of what was compacted, or merged, is still there.
        var frozen = account.Fixture.Image.Blobs.Select(blob => blob.Name).Where(blob => blob != StorageLayout.ControllerBlob);
        Assert.DoesNotContain((await account.BlobsAsync()).Intersect(frozen), blob => blob.EndsWith(".log", StringComparison.Ordinal));
        Assert.Empty(engine.StoppedPartitions);
    });

    /// <summary>It stands in the active segment, behind all that was compacted; what the producer state at its base says of it is needed for the next one.</summary>
    private static async Task RetryTheLastOfTheProducerAsync(FrozenAccount account, Topic topic)
    {
        var engine = await account.StartAsync();
        var batch = (await LogTextReader.FetchAsync(engine, topic, 0)).Last(batch => Header(batch) is { Producer.Id: CompactedScenario.ProducerId } header && header.RecordCount == header.LastOffsetDelta + 1);
        var end = (await engine.OffsetsAsync(topic, 0, default)).Value.LogEnd;

        var again = await engine.AppendAsync(topic, 0, new AppendRequest([batch.ToArray()]), default);

        Assert.False(again.IsRefused, $"{topic.Name}: {again.Refusal}");
        Assert.Equal(Header(batch).BaseOffset, again.Value.Batches[0].BaseOffset);
        Assert.Equal(end, (await engine.OffsetsAsync(topic, 0, default)).Value.LogEnd);
    }

    private static async Task<long> AppendAsync(LogEngine engine, Topic topic, long timestamp, string key, string? value)
    {
        var builder = new RecordBatchBuilder();
        builder.Add(timestamp, System.Text.Encoding.UTF8.GetBytes(key), value is null ? default(ReadOnlyMemory<byte>?) : System.Text.Encoding.UTF8.GetBytes(value), []);
        var answer = await engine.AppendAsync(topic, 0, new AppendRequest([builder.Build()]), default);
        Assert.False(answer.IsRefused, $"{topic.Name}: {answer.Refusal}");
        return answer.Value.Batches[0].BaseOffset;
    }

    /// <summary>
    /// Each batch is what is left of one that was appended, and that one, filtered by this build, has the same bytes. What a codec makes of the same bytes may change with its
    /// library: there the headers are compared.
    /// </summary>
    private static int AssertFiltersTheSame(byte[] batches, Dictionary<(BatchIdentity, long), byte[]> appended)
    {
        var compared = 0;
        for (var at = 0; at < batches.Length;)
        {
            var header = Header(batches.AsMemory(at));
            var frozen = batches[at..(at + header.SizeInBytes)];
            at += header.SizeInBytes;
            if (!appended.TryGetValue((header.Identity, header.BaseOffset), out var source))
                continue;
            Assert.True(RecordBatchReader.TryOpen(frozen, 1_000_000, out var reader, out _));
            var left = new HashSet<long>();
            while (reader.TryReadNext(out var record))
                left.Add(record.Offset);
            RecordBatchFilter.Filter(source, (in RecordOutline record) => left.Contains(record.Offset), header.DeleteHorizon, 1_000_000, out var made);
            if (header.Codec == CompressionCodec.None)
                Assert.Equal(frozen, made.ToArray());
            else
                Assert.Equal(header, Header(made) with { SizeInBytes = header.SizeInBytes, Crc = header.Crc });
            compared++;
        }

        return compared;
    }

    /// <summary>By identity and base offset, from the <c>.log</c> blobs that are still there.</summary>
    private static Dictionary<(BatchIdentity Identity, long BaseOffset), byte[]> AppendedTo(StorageImage image, TopicPartition partition) => image.Blobs
        .Where(blob => blob.Name.StartsWith(StorageLayout.BlobPrefix(partition), StringComparison.Ordinal) && blob.Name.EndsWith(".log", StringComparison.Ordinal))
        .SelectMany(blob => FrozenBytesTests.Frames(blob.Content)
            .Where(frame => frame.Kind == FrameKind.Batch)
            .Select(frame => (frame.Batch, Bytes: blob.Content[frame.At..(frame.At + frame.Length)])))
        .ToDictionary(batch => (batch.Batch.Identity, batch.Batch.BaseOffset), batch => batch.Bytes);

    private static IEnumerable<RecordBatchHeader> Batches(byte[] batches)
    {
        for (var at = 0; at < batches.Length;)
        {
            var header = Header(batches.AsMemory(at));
            yield return header;
            at += header.SizeInBytes;
        }
    }

    private static RecordBatchHeader Header(ReadOnlyMemory<byte> batch)
    {
        Assert.True(RecordBatchHeader.TryRead(batch.Span, out var header));
        return header;
    }

    private static string Text(Record record) =>
        $"{record.Offset} {record.Timestamp} {CompactedCheck.KeyOf(record)} {Convert.ToHexString((record.Value ?? default).Span)} {record.Headers.Count}";

    private static IEnumerable<StoredRow> Rows(StorageImage image, string prefix) =>
        image.Rows.Where(row => row.Table == StorageLayout.PartitionsTable && row.Address.RowKey.StartsWith(prefix, StringComparison.Ordinal));

    private static IEnumerable<(StoredBlob Blob, ChainSegmentRow Row, SegmentFooter Footer)> Objects(StorageImage image)
    {
        foreach (var row in Rows(image, "segment-").Select(row => ChainSegmentRow.Decode(row.ToRow())).Where(row => row.IsRewritten))
        {
            var blob = image.Blobs.Single(blob => blob.Name == row.Blob);
            Assert.True(SegmentFooter.TryDecode(blob.Content.AsMemory((int)row.Bytes), out var footer));
            yield return (blob, row, footer);
        }
    }
}
