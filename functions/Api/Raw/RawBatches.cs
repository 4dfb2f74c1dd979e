using ManagedLog.Functions.Api.Errors;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.Raw;

/// <summary>Takes a body of record batches, back to back, apart. Looks into every record, so that nothing is stored that a reader could not read.</summary>
internal static class RawBatches
{
    /// <summary>Each batch in memory of its own. An error names the first batch that is wrong, and why; then nothing is to be appended.</summary>
    public static ApiError? Split(ReadOnlyMemory<byte> body, out List<Memory<byte>> batches)
    {
        batches = [];
        if (body.IsEmpty)
            return FormErrors.BodyMissing("one or more record batches, back to back");
        while (!body.IsEmpty)
        {
            var defect = CheckRecords(body, out var size);
            if (defect != BatchDefect.None)
                return Defective(defect, batches.Count);
            batches.Add(body[..size].ToArray());
            body = body[size..];
        }

        return null;
    }

    /// <summary>The batch that the bytes begin with, and how long it is.</summary>
    private static BatchDefect CheckRecords(ReadOnlyMemory<byte> bytes, out int size)
    {
        size = 0;
        if (!RecordBatchReader.TryOpen(bytes, RecordLimits.MaxDecompressedBytes, out var reader, out var defect))
            return defect;
        size = reader.Header.SizeInBytes;
        while (reader.TryReadNext(out _))
        {
            // Only whether it can be read counts.
        }

        return reader.Defect;
    }

    private static ApiError Defective(BatchDefect defect, int index) => defect is BatchDefect.UnsupportedMagic or BatchDefect.UnsupportedCodec
        ? new ApiError(400, 40002, $"Batch {index} cannot be taken ({defect}): send record batches of format version 2 (magic 2), uncompressed or compressed with gzip, snappy, lz4 or zstd.")
        : new ApiError(400, 400, $"Batch {index} of the body is damaged ({defect}). Nothing was appended; build it again.");
}
