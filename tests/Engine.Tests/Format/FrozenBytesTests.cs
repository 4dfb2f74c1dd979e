using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Fixtures;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Tests.Format;

/// <summary>
/// The values of the newest frozen fixture, encoded by this build, are the bytes that were frozen: whoever changes the format, knowingly or not, learns it here. A change needs
/// a new format version, a new fixture and a place in <see cref="FrozenAccount.Formats"/>; only properties of rows may be added within a version (<see cref="AddedProperties"/>).
/// </summary>
public class FrozenBytesTests
{
    private const string Newest = "Format1";

    /// <summary>Long enough that nothing of the fixture is forgotten.</summary>
    private static readonly TimeSpan s_expiry = TimeSpan.FromDays(2);

    private static readonly StorageImage s_image = FrozenAccount.Read(Newest).Image;

    /// <summary>Properties that this build writes and the build that froze the format did not, by row type: what is absent means what <c>storage/FORMAT.md</c> says.</summary>
    private static Dictionary<string, string[]> AddedProperties { get; } = new()
    {
        [nameof(PartitionHeadRow)] = ["CleanOffset", "CompactionNext", "CompactionEnd"],
        [nameof(ChainSegmentRow)] = ["OwnEndOffset", "CreatedAt", "DeleteHorizon", "DeadBytes"],
    };

    [Fact]
    public void Fixture_HoldsEveryKindOfThingThatIsStored()
    {
        var rows = s_image.Rows.Select(row => $"{row.Table}/{row.Address.RowKey.Split('-')[0]}").Select(key => key.StartsWith("idem", StringComparison.Ordinal) ? "idempotency" : key)
            .Select(key => key.StartsWith("due/", StringComparison.Ordinal) ? "due" : key).ToHashSet();
        Assert.Equal(
            ["cluster/identity", "cluster/producer", "due", "idempotency", "partitions/checkpoint", "partitions/head", "partitions/segment", "topics/clash", "topics/deleted", "topics/id", "topics/topic"],
            rows.Order(StringComparer.Ordinal));
        Assert.Equal(
            [".checkpoint", ".log", ".producers", ".segment", "controller"],
            s_image.Blobs.Select(blob => blob.Name == StorageLayout.ControllerBlob ? blob.Name : Path.GetExtension(blob.Name)).Distinct().Order(StringComparer.Ordinal));

        var frames = Logs().SelectMany(log => Frames(log.Content).Select(frame => (log, frame))).ToList();
        var seals = frames.Where(pair => pair.frame.Kind == FrameKind.Seal).Select(pair => Seal(pair.log.Content[pair.frame.At..])).ToList();
        Assert.Contains(seals, seal => seal.EndOffset == -1);
        Assert.Contains(seals, seal => seal.EndOffset >= 0);
        var batches = frames.Where(pair => pair.frame.Kind == FrameKind.Batch).Select(pair => pair.frame.Batch).ToList();
        Assert.Equal([CompressionCodec.None, CompressionCodec.Gzip, CompressionCodec.Snappy], batches.Select(batch => batch.Codec).Distinct().Order());
        Assert.Equal([TimestampType.CreateTime, TimestampType.LogAppendTime], batches.Select(batch => batch.TimestampType).Distinct().Order());
        Assert.Contains(Logs(), log => log.Blocks.Count == FixtureWriter.MaxBlocks && Frames(log.Content).All(frame => frame.Kind != FrameKind.Seal));
        var heads = Rows("partitions", "head").Select(row => PartitionHeadRow.Decode(row.ToRow())).ToList();
        Assert.Contains(heads, head => head.State == PartitionState.Deleting);
        Assert.Contains(heads, head => head is { LogStartOffset: 11, Active.BaseOffset: > 11 });
        var segments = Rows("partitions", "segment-").Select(row => ChainSegmentRow.Decode(row.ToRow())).ToList();
        Assert.Contains(segments, segment => segment.IsRewritten && segment.DeadBlob is not null && segment.ProducersBlob is not null);
        Assert.Contains(segments, segment => !segment.IsRewritten);
        Assert.Contains(Footers(), footer => OffsetIndex.Decode(footer.Footer.OffsetIndex.Span)!.PointCount > 1);
        Assert.Contains(Footers(), footer => footer.Footer.Producers.Length > 0);
    }

    [Fact]
    public void Rows_EncodedAgain_AreTheRowsThatWereFrozen()
    {
        foreach (var row in s_image.Rows)
        {
            var (type, key, properties) = EncodeAgain(row);
            Assert.Equal(row.Address, key);
            foreach (var (name, value) in row.Properties)
                Assert.True(properties.TryGetValue(name, out var today) && today.Equals(value) && today.Value.GetType() == value.Value.GetType(), $"{type} {row.Address.RowKey}: {name}");
            Assert.Equal(AddedProperties.GetValueOrDefault(type, []).Order(StringComparer.Ordinal), properties.Keys.Except(row.Properties.Keys).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Frames_EncodedAgain_AreTheBytesThatWereFrozen()
    {
        foreach (var blob in Logs())
        {
            foreach (var frame in Frames(blob.Content))
            {
                var bytes = blob.Content[frame.At..(frame.At + frame.Length)];
                switch (frame.Kind)
                {
                    case FrameKind.Header:
                        Assert.True(SegmentHeaderFrame.TryRead(bytes, out var header));
                        Assert.Equal(bytes, header.ToArray());
                        Assert.Equal(blob.Name, StorageLayout.LogBlob(header.TopicPartition, header.BaseOffset, header.Segment));
                        break;
                    case FrameKind.Seal:
                        Assert.Equal(bytes, Seal(bytes).ToArray());
                        break;
                    case FrameKind.Batch:
                        AssertEncodesTheSame(bytes);
                        break;
                    default:
                        Assert.Fail($"{blob.Name} has a frame of kind {frame.Kind} at {frame.At}.");
                        break;
                }
            }
        }
    }

    [Fact]
    public void RewrittenSegments_MadeAgain_AreTheBytesThatWereFrozen()
    {
        foreach (var (blob, row, footer) in Footers())
        {
            var batches = blob.Content[..(int)row.Bytes];
            var digest = new SegmentDigest(row.BaseOffset);
            Assert.True(digest.TryAdd(batches), digest.Defect);
            var summary = new SegmentSummary(
                footer.Summary.TopicPartition, row.Segment, row.BaseOffset, digest.NextOffset, digest.Bytes, digest.MaxTimestamp, row.LeaderEpoch, digest.BatchCount, digest.RecordCount, digest.Crc);
            var producers = row.ProducersBlob is { } named ? s_image.Blobs.Single(other => other.Name == named).Content : [];

            var made = new SegmentFooter(summary, digest.Index.Encode(), ReadOnlyMemory<byte>.Empty, producers).Encode();

            Assert.Equal(blob.Content[(int)row.Bytes..], made);
            Assert.Equal(row.FooterBytes, made.Length);
            Assert.Equal(footer.OffsetIndex.ToArray(), OffsetIndex.Decode(footer.OffsetIndex.Span)!.Encode());
        }
    }

    [Fact]
    public void ProducerStatesAndCheckpoints_MadeAgain_AreTheBytesThatWereFrozen()
    {
        foreach (var blob in s_image.Blobs.Where(blob => blob.Name.EndsWith(".producers", StringComparison.Ordinal)))
            Assert.Equal(blob.Content, ProducerState.Decode(blob.Content, s_expiry)!.Encode());
        foreach (var blob in s_image.Blobs.Where(blob => blob.Name.EndsWith(".checkpoint", StringComparison.Ordinal)))
        {
            var checkpoint = Checkpoint.Decode(blob.Content, s_expiry)!;
            Assert.Equal(blob.Content, checkpoint.Encode());
            Assert.Equal(blob.Content, Replay(Logs().Single(log => log.Name.Contains(checkpoint.Segment.ToString(), StringComparison.Ordinal)), checkpoint.Position).Encode());
        }
    }

    /// <summary>What an engine that reads the segment up to there would write as its checkpoint. The segments of the fixture that have one begin without producers.</summary>
    private static Checkpoint Replay(StoredBlob log, long position)
    {
        Assert.True(SegmentHeaderFrame.TryRead(log.Content, out var header));
        var active = new ActiveSegment(new ActiveSegmentRef(header.Segment, header.BaseOffset, header.CreatedAt), log.Name, new ProducerState(s_expiry));
        active.PassHeader();
        foreach (var frame in Frames(log.Content).Where(frame => frame.Kind == FrameKind.Batch && frame.At < position))
            active.Apply(frame.Batch);
        return active.TakeCheckpoint();
    }

    /// <summary>
    /// Records read and built into a batch again. What a codec makes of the same bytes may change with its library and is no change of the format: there the records are
    /// compared before compression.
    /// </summary>
    internal static void AssertEncodesTheSame(byte[] frozen)
    {
        RecordBatchHeader.TryRead(frozen, out var header);
        var plain = (byte[])frozen.Clone();
        plain[22] &= 0xF7; // Without bit 3, records tell the timestamps that their producer gave them.
        RecordBatchPatch.SealCrc(plain);
        Assert.True(RecordBatchReader.TryOpen(plain, 1_000_000, out var reader, out _));
        var builder = new RecordBatchBuilder();
        while (reader.TryReadNext(out var record))
            builder.Add(record.Timestamp, record.Key, record.Value, record.Headers);
        var made = builder.Build();
        if (header.TimestampType == TimestampType.LogAppendTime)
            RecordBatchPatch.SetAppendTime(made.Span, header.MaxTimestamp);
        RecordBatchPatch.SetIdentity(made.Span, header.Identity);
        RecordBatchPatch.Place(made.Span, header.BaseOffset, header.LeaderEpoch);
        RecordBatchPatch.SealCrc(made.Span);
        if (header.Codec == CompressionCodec.None)
        {
            Assert.Equal(frozen, made.ToArray());
            return;
        }

        RecordBatchHeader.TryRead(made.Span, out var uncompressed);
        Assert.Equal(header, uncompressed with { SizeInBytes = header.SizeInBytes, Crc = header.Crc, Attributes = header.Attributes });
    }

    internal static (string Type, RowAddress Key, Dictionary<string, RowValue> Properties) EncodeAgain(StoredRow stored)
    {
        var row = stored.ToRow();
        var key = row.Address.RowKey;
        switch (stored.Table)
        {
            case StorageLayout.ClusterTable when key == StorageLayout.IdentityRowKey:
                return Again(nameof(ClusterIdentityRow), ClusterIdentityRow.Decode(row).Encode());
            case StorageLayout.ClusterTable:
                return Again(nameof(ProducerIdsRow), ProducerIdsRow.Decode(row).Encode());
            case StorageLayout.DueTable:
                return (nameof(DueRow), new RowAddress(StorageLayout.DuePartitionKey, DueRow.Decode(row).Key), DueRow.Encode());
            case StorageLayout.IdempotencyTable:
                return Again(nameof(IdempotencyRow), IdempotencyRow.Decode(row).Encode());
            case StorageLayout.PartitionsTable when key == StorageLayout.HeadRowKey:
                return Again(nameof(PartitionHeadRow), PartitionHeadRow.Decode(row).Encode());
            case StorageLayout.PartitionsTable when key == StorageLayout.CheckpointRowKey:
                return Again(nameof(CheckpointRow), CheckpointRow.Decode(row).Encode());
            case StorageLayout.PartitionsTable:
                var segment = ChainSegmentRow.Decode(row);
                return (nameof(ChainSegmentRow), row.Address with { RowKey = StorageLayout.SegmentRowKey(segment.BaseOffset) }, segment.Encode());
            case StorageLayout.TopicsTable when key.StartsWith(StorageLayout.TopicRowKeyPrefix, StringComparison.Ordinal):
                var topic = TopicRow.Decode(row);
                return (nameof(TopicRow), new RowAddress(StorageLayout.TopicsPartitionKey, StorageLayout.TopicRowKey(topic.Topic.Name)), topic.Encode());
            case StorageLayout.TopicsTable when key.StartsWith(StorageLayout.DeletedTopicRowKeyPrefix, StringComparison.Ordinal):
                var deleted = DeletedTopicRow.Decode(row);
                return (nameof(DeletedTopicRow), row.Address with { RowKey = StorageLayout.DeletedTopicRowKey(deleted.Id) }, deleted.Encode());
            default:
                return Again(nameof(TopicReferenceRow), TopicReferenceRow.Decode(row).Encode());
        }

        (string, RowAddress, Dictionary<string, RowValue>) Again(string type, Dictionary<string, RowValue> properties) => (type, row.Address, properties);
    }

    private static IEnumerable<StoredRow> Rows(string table, string prefix) =>
        s_image.Rows.Where(row => row.Table == table && row.Address.RowKey.StartsWith(prefix, StringComparison.Ordinal));

    private static IEnumerable<StoredBlob> Logs() => s_image.Blobs.Where(blob => blob.Name.EndsWith(".log", StringComparison.Ordinal));

    private static IEnumerable<(StoredBlob Blob, ChainSegmentRow Row, SegmentFooter Footer)> Footers()
    {
        foreach (var row in Rows("partitions", "segment-").Select(row => ChainSegmentRow.Decode(row.ToRow())).Where(row => row.IsRewritten))
        {
            var blob = s_image.Blobs.Single(blob => blob.Name == row.Blob);
            Assert.True(SegmentFooter.TryDecode(blob.Content.AsMemory((int)row.Bytes), out var footer));
            yield return (blob, row, footer);
        }
    }

    internal static SealFrame Seal(byte[] bytes)
    {
        Assert.True(SealFrame.TryRead(bytes, out var seal));
        return seal;
    }

    internal static IEnumerable<(int At, int Length, FrameKind Kind, RecordBatchHeader Batch)> Frames(byte[] content)
    {
        for (var at = 0; at < content.Length;)
        {
            var frame = SegmentFrame.Read(content.AsSpan(at));
            yield return (at, frame.Length, frame.Kind, frame.Batch);
            at += frame.Kind is FrameKind.Header or FrameKind.Batch or FrameKind.Seal ? frame.Length : content.Length;
        }
    }
}
