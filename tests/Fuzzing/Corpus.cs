using System.IO.Compression;
using System.Buffers.Binary;
using ManagedLog.Engine.Backend;
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

    public static IReadOnlyList<StoredRow> Rows => Image.Rows;

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
