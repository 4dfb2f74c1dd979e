using System.IO.Compression;
using System.Buffers.Binary;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Fixtures;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Fuzzing;

/// <summary>Valid inputs: all that stands in the frozen fixture, and batches made to be hard to read.</summary>
internal static class Corpus
{
    /// <summary>Large blobs are looked at up to here: what is behind it is more of the same, and slow.</summary>
    private const int LongestInput = 12_000;

    public static StorageImage Image { get; } = FixtureFolder.Read(Path.Combine(AppContext.BaseDirectory, "Format1")).Image;

    public static IReadOnlyList<byte[]> Batches { get; } = [.. StoredBatches(), .. Made(), .. Bombs()];

    /// <summary>Beginnings of <c>.log</c> blobs, as many whole frames as fit, some with their seal.</summary>
    public static IReadOnlyList<byte[]> Logs { get; } = [.. BlobsOf(".log").Select(blob => Shorten(blob.Content)), .. BlobsOf(".log").Select(blob => blob.Content[..Math.Min(blob.Content.Length, 400)])];

    public static IReadOnlyList<byte[]> Frames { get; } = [.. BlobsOf(".log").Select(blob => blob.Content[..SegmentHeaderFrame.Size]), .. BlobsOf(".log").Where(blob => blob.Blocks[^1].Length == SealFrame.Size).Select(blob => blob.Blocks[^1])];

    public static IReadOnlyList<byte[]> Footers { get; } = [.. BlobsOf(".segment").Select(FooterOf)];

    public static IReadOnlyList<byte[]> Checkpoints { get; } = [.. BlobsOf(".checkpoint").Select(blob => blob.Content)];

    public static IReadOnlyList<byte[]> ProducerStates { get; } = [.. BlobsOf(".producers").Select(blob => blob.Content)];

    public static IReadOnlyList<byte[]> Indexes { get; } = [.. Footers.Select(IndexOf)];

    public static IReadOnlyList<StoredRow> Rows { get; } = [.. Image.Rows, .. GroupRows()];

    /// <summary>Those of consumer groups, which the fixture does not have.</summary>
    private static IEnumerable<StoredRow> GroupRows()
    {
        GroupTopic[] topics = [new(new TopicId(new Guid(1, 2, 3, new byte[8])), "orders", 9), new(new TopicId(new Guid(4, 5, 6, new byte[8])), "payments", 1)];
        GroupShare[] shares =
        [
            new("a", 1_800_000_000_001, [new TopicPartition(topics[0].Id, 0), new TopicPartition(topics[0].Id, 1), new TopicPartition(topics[0].Id, 7), new TopicPartition(topics[1].Id, 0)]),
            new("b", 1_800_000_000_002, [new TopicPartition(topics[0].Id, 2)]),
        ];
        yield return Row(StorageLayout.HeadRowKey, new GroupHeadRow(GroupHeadState.Open, 1_800_000_000_003, "sticky", topics, shares, 0).Encode());
        yield return Row(StorageLayout.MemberRowKey("a"), new GroupMemberRow(1_800_000_000_001, ["orders"], "pay.*", 45_000) { SeenAt = 1_800_000_000_000, CommitSequence = 3, Settled = 1_800_000_000_002 }.Encode());
        yield return Row(StorageLayout.OwnerRowKey(shares[0].Target[0]), new GroupOwnerRow("orders", "a", 1_800_000_000_001).Encode());
        yield return Row(StorageLayout.OffsetRowKey(shares[0].Target[0]), new GroupOffsetRow("orders", 12, -1, "note", "a", 1_800_000_000_001).Encode());
        yield return new StoredRow(StorageLayout.DueTable, new RowAddress(StorageLayout.DuePartitionKey, new GroupDueRow(1_800_000_000_000, "g").Key), GroupDueRow.Encode());
        yield return new StoredRow(StorageLayout.ClusterTable, new RowAddress(StorageLayout.GroupNamesPartitionKey, "g"), GroupNameRow.Encode());

        static StoredRow Row(string key, Dictionary<string, RowValue> properties) => new(StorageLayout.GroupsTable, new RowAddress("g", key), properties);
    }

    private static IEnumerable<StoredBlob> BlobsOf(string suffix) => Image.Blobs.Where(blob => blob.Name.EndsWith(suffix, StringComparison.Ordinal));

    private static byte[] FooterOf(StoredBlob blob) =>
        SegmentFooter.TryReadTrailer(blob.Content, out var length) ? blob.Content[^length..] : throw new InvalidDataException($"{blob.Name} has no footer.");

    private static byte[] IndexOf(byte[] footer) => SegmentFooter.TryDecode(footer, out var decoded) ? decoded.OffsetIndex.ToArray() : throw new InvalidDataException("No footer.");

    private static byte[] Shorten(byte[] log)
    {
        var at = 0;
        while (at < log.Length)
        {
            var frame = SegmentFrame.Read(log.AsSpan(at));
            if (frame.Kind is FrameKind.Incomplete or FrameKind.Corrupt)
                throw new InvalidDataException($"The fixture has no frame at {at}: this build does not read the frozen format.");
            if (at + frame.Length > LongestInput)
                break;
            at += frame.Length;
        }

        return log[..at];
    }

    private static IEnumerable<byte[]> StoredBatches() => BlobsOf(".log").SelectMany(blob => blob.Blocks).Where(block => block[0] < 0x80 && block.Length <= 4096).DistinctBy(block => block.Length);

    private static IEnumerable<byte[]> Made()
    {
        foreach (var codec in Enum.GetValues<CompressionCodec>())
        {
            var builder = new RecordBatchBuilder(codec, TimestampType.LogAppendTime);
            for (var i = 0; i < 40; i++)
                builder.Add(1000 * i, i % 3 == 0 ? default(ReadOnlyMemory<byte>?) : new byte[i], new byte[2 * i], i % 4 == 0 ? [new RecordHeader("name", null), new RecordHeader("", new byte[3])] : []);
            yield return builder.Build().ToArray();
            builder.Add(0, null, null, [.. Enumerable.Range(0, 500).Select(_ => new RecordHeader("", null))]);
            yield return builder.Build().ToArray();
        }

        yield return new ControlRecord(ControlRecordType.Abort, 3).ToBatch(new ProducerIdentity(7, 0), 1000).ToArray();
    }

    /// <summary>A megabyte of zeros, compressed: what a small input may want to become.</summary>
    private static IEnumerable<byte[]> Bombs()
    {
        var records = new byte[1024 * 1024];
        var gzipped = new MemoryStream();
        using (var gzip = new GZipStream(gzipped, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(records);
        yield return Batch(gzipped.ToArray(), CompressionCodec.Gzip);
        yield return Batch([.. gzipped.ToArray(), .. gzipped.ToArray()], CompressionCodec.Gzip);
        yield return Batch(IronSnappy.Snappy.Encode(records.AsSpan(0, 64 * 1024)), CompressionCodec.Snappy);
        foreach (var codec in new[] { CompressionCodec.Lz4, CompressionCodec.Zstd })
        {
            var builder = new RecordBatchBuilder(codec);
            builder.Add(0, null, records, []);
            yield return builder.Build().ToArray();
        }
    }

    private static byte[] Batch(byte[] payload, CompressionCodec codec)
    {
        var builder = new RecordBatchBuilder();
        builder.Add(0, null, null, []);
        byte[] batch = [.. builder.Build().Span[..RecordBatchHeader.Size], .. payload];
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - RecordBatchHeader.LogOverhead);
        batch[22] = (byte)codec;
        RecordBatchPatch.SealCrc(batch);
        return batch;
    }
}
