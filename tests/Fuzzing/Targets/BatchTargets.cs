using ManagedLog.Protocol.Records;

namespace ManagedLog.Fuzzing.Targets;

/// <summary>The batch parser and the record reader.</summary>
internal static class BatchTargets
{
    private const int MaxDecompressed = 64 * 1024;

    /// <summary>The densest headers take 19 bytes for each byte that they stand in; see the tests of the reader.</summary>
    private const int BytesPerByte = 19;

    public static IReadOnlyList<FuzzTarget> All { get; } = [new("batch", Draw), new("batch-resealed", random => Read(Repair.Batch(Mutator.Mutate(random, Corpus.Batches)))), new("recompress", Recompress)];

    private static FuzzCase Draw(Random random) => Read(Mutator.Mutate(random, Corpus.Batches));

    /// <summary>Whatever cannot be read is told; what is made of the rest is a sound batch with the same records, which gives the same again.</summary>
    private static FuzzCase Recompress(Random random)
    {
        var input = Repair.Batch(Mutator.Mutate(random, Corpus.Batches));
        var codec = (CompressionCodec)random.Next(5);
        return new FuzzCase(Convert.ToHexString(input), 16L * MaxDecompressed, () =>
        {
            if (RecordBatchRecompression.Change(input, codec, MaxDecompressed, out var changed) != BatchDefect.None)
                return;
            Promise.Holds(RecordBatchCheck.Check(changed.Span, out var header) == BatchDefect.None && header.SizeInBytes == changed.Length, "the batch is sound");
            Promise.Holds(header.Codec == codec || header.Codec == CompressionCodec.None, "it has the codec, or none");
            Promise.Holds(RecordBatchRecompression.Change(changed, CompressionCodec.None, MaxDecompressed, out var plain) == BatchDefect.None, "it can be read again");
            RecordBatchRecompression.Change(input, CompressionCodec.None, MaxDecompressed, out var expected);
            Promise.Holds(plain.Span.SequenceEqual(expected.Span), "its records are the same");
        });
    }

    private static FuzzCase Read(byte[] input)
    {
        var isCompressed = RecordBatchHeader.TryRead(input, out var header) && header.Codec != CompressionCodec.None;
        var most = isCompressed ? (3L + BytesPerByte) * MaxDecompressed : (long)BytesPerByte * input.Length;
        return new FuzzCase(Convert.ToHexString(input), most, () =>
        {
            var records = 0;
            if (!RecordBatchReader.TryOpen(input, MaxDecompressed, out var reader, out var defect))
            {
                Promise.Holds(defect != BatchDefect.None, "no reader, no defect");
                return;
            }

            var last = reader.Header.BaseOffset - 1;
            while (reader.TryReadNext(out var record))
            {
                Promise.Holds(record.Offset > last && record.Offset <= reader.Header.LastOffset, "offsets increase within the batch");
                last = record.Offset;
                records++;
                if (reader.Header.IsControl)
                    ControlRecord.TryDecode(record, out _);
            }

            Promise.Holds(reader.Defect != BatchDefect.None || records == reader.Header.RecordCount, "all records were read");
        });
    }
}
