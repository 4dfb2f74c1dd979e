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
            var defect = RecordBatchCheck.Check(body.Span, out var header);
            if (defect == BatchDefect.None)
                defect = CheckRecords(body[..header.SizeInBytes]);
            if (defect != BatchDefect.None)
                return Defective(defect, batches.Count);
            batches.Add(body[..header.SizeInBytes].ToArray());
            body = body[header.SizeInBytes..];
        }

        return null;
    }

    private static BatchDefect CheckRecords(ReadOnlyMemory<byte> batch)
    {
        if (!RecordBatchReader.TryOpen(batch, RecordBatchCheck.MaxSizeInBytes, out var reader, out var defect))
            return defect;
        while (reader.TryReadNext(out _))
        {
            // Only whether it can be read counts.
        }

        return reader.Defect;
    }

    private static ApiError Defective(BatchDefect defect, int index) => defect is BatchDefect.UnsupportedMagic or BatchDefect.UnsupportedCodec
        ? new ApiError(400, 40002, $"Batch {index} cannot be taken ({defect}): send record batches of format version 2 (magic 2), uncompressed or with gzip or snappy.")
        : new ApiError(400, 400, $"Batch {index} of the body is damaged ({defect}). Nothing was appended; build it again.");
}
