namespace ManagedLog.Protocol.Records;

/// <summary>
/// Gives a batch another codec, as Kafka's brokers do where a topic says which (compression.type): its records are the same bytes when they are decompressed, and of the header only size, codec
/// and CRC change. So offsets, timestamps, producer, sequence and leader epoch stay, and what a retry is recognised by. Records are not looked into. Pure.
/// </summary>
public static class RecordBatchRecompression
{
    /// <summary>What the codec would not make smaller than it is uncompressed becomes, or stays, uncompressed: so nothing grows by being compressed.</summary>
    /// <param name="batch">Exactly one batch. It is not changed, and is the answer where it is as wanted already.</param>
    /// <param name="maxDecompressedBytes">What its records may become if they are compressed; beyond, <see cref="BatchDefect.DecompressedSize"/>.</param>
    /// <returns>None, or why the batch cannot be read; then it is the answer as it is.</returns>
    public static BatchDefect Change(Memory<byte> batch, CompressionCodec codec, int maxDecompressedBytes, out Memory<byte> changed)
    {
        changed = batch;
        if (!RecordBatchReader.TryUnpack(batch, maxDecompressedBytes, out var header, out var records, out var defect) || header.Codec == codec)
            return defect;
        if (codec != CompressionCodec.None && Compression.TryCompress(codec, records.Span, RecordBatchHeader.Size, out var compressed))
        {
            changed = Seal(compressed, header, codec);
        }
        else if (header.Codec != CompressionCodec.None)
        {
            Memory<byte> plain = GC.AllocateUninitializedArray<byte>(RecordBatchHeader.Size + records.Length);
            records.CopyTo(plain[RecordBatchHeader.Size..]);
            changed = Seal(plain, header, CompressionCodec.None);
        }

        return BatchDefect.None;
    }

    private static Memory<byte> Seal(Memory<byte> batch, in RecordBatchHeader header, CompressionCodec codec)
    {
        (header with
        {
            SizeInBytes = batch.Length,
            Attributes = (short)((header.Attributes & ~RecordBatchHeader.CompressionMask) | (int)codec),
        }).Write(batch.Span);
        RecordBatchPatch.SealCrc(batch.Span);
        return batch;
    }
}
