using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Log;

/// <summary>What may be appended at all, before anything is known of the partition. Pure.</summary>
internal static class AppendValidation
{
    /// <summary>Checks whole batches with their CRC. Null: fine, and <paramref name="headers"/> are theirs.</summary>
    public static Refusal? Check(AppendRequest request, TopicConfig config, DateTimeOffset now, string subject, out RecordBatchHeader[] headers)
    {
        var batches = request.Batches;
        var latest = config.TimestampType == TimestampType.LogAppendTime ? long.MaxValue : (now + config.MaxTimestampAhead).ToUnixTimeMilliseconds();
        headers = new RecordBatchHeader[batches.Count];
        if (batches.Count == 0)
            return new Refusal(ErrorCode.InvalidRecord, $"{subject}: no batch was sent; send at least one record.");
        for (var i = 0; i < headers.Length; i++)
        {
            if (batches[i].Length > config.MaxMessageBytes)
            {
                return new Refusal(
                    ErrorCode.MessageTooLarge,
                    $"{subject}: batch {i} has {batches[i].Length} bytes, max.message.bytes allows {config.MaxMessageBytes}. Send smaller batches or raise the topic's max.message.bytes.");
            }

            var defect = RecordBatchCheck.Check(batches[i].Span, out headers[i]);
            if (defect == BatchDefect.None && headers[i].SizeInBytes != batches[i].Length)
                defect = BatchDefect.Length;
            if (defect != BatchDefect.None)
                return Defective(defect, i, subject);
            if (CheckMeaning(headers[i], request.Acks) is { } why)
                return new Refusal(ErrorCode.InvalidRecord, $"{subject}: batch {i} {why}");
            if (headers[i].MaxTimestamp > latest)
            {
                return new Refusal(
                    ErrorCode.InvalidTimestamp,
                    $"{subject}: batch {i} has a record of time {headers[i].MaxTimestamp}, more than message.timestamp.after.max.ms ahead of the service's clock. Mend the producer's clock or raise that config.");
            }

            if (i > 0 && InstanceProducer.IsAnonymous(headers[i]) != InstanceProducer.IsAnonymous(headers[0]))
                return new Refusal(ErrorCode.InvalidRecord, $"{subject}: batch {i} has a producer and batch 0 has not, or the other way round; send them in separate requests.");
            if (config.Compacts && CheckKeys(batches[i], i, subject) is { } keyless)
                return keyless;
        }

        return CheckRetries(headers, subject);
    }

    /// <summary>More batches of a producer than are remembered of it could not be recognised when the request is sent again: its retry would be called a gap though all of it stands.</summary>
    private static Refusal? CheckRetries(RecordBatchHeader[] headers, string subject)
    {
        if (headers.Length <= ProducerState.BatchesKept)
            return null;
        var most = headers.Where(header => !InstanceProducer.IsAnonymous(header)).GroupBy(header => header.Producer.Id).Select(batches => batches.Count()).DefaultIfEmpty().Max();
        return most <= ProducerState.BatchesKept
            ? null
            : new Refusal(ErrorCode.InvalidRecord, $"{subject}: {most} batches of one producer are sent at once. Nothing was appended; send at most {ProducerState.BatchesKept}, so that a retry of them can be recognised.");
    }

    /// <summary>What compaction could not read, or would take away at once, is not let in.</summary>
    private static Refusal? CheckKeys(ReadOnlyMemory<byte> batch, int index, string subject)
    {
        if (!RecordOutlineReader.TryOpen(batch, RecordLimits.MaxDecompressedBytes, out var reader, out var defect))
        {
            return defect != BatchDefect.DecompressedSize ? Defective(defect, index, subject) : new Refusal(
                ErrorCode.MessageTooLarge,
                $"{subject}: batch {index} decompresses to more than {RecordLimits.MaxDecompressedBytes} bytes, the most that compaction reads. Send smaller batches.");
        }

        for (var number = 0; reader.TryReadNext(out var record); number++)
        {
            if (!record.HasKey)
            {
                return new Refusal(
                    ErrorCode.InvalidRecord,
                    $"{subject}: record {number} of batch {index} has no key, but the topic is compacted (cleanup.policy) and keeps the last record of each key. "
                    + "Give every record a key; nothing of this request was appended to this partition.");
            }
        }

        return reader.Defect == BatchDefect.None ? null : Defective(reader.Defect, index, subject);
    }

    private static string? CheckMeaning(in RecordBatchHeader header, Acks acks) =>
        header.RecordCount == 0 ? "has no record."
        : header.LastOffsetDelta != header.RecordCount - 1 ? $"has {header.RecordCount} records but a last offset delta of {header.LastOffsetDelta}; they must be consecutive."
        : header.IsControl ? "is a control batch; only the service writes these."
        : header.DeleteHorizon is not null ? "has a delete horizon; only compaction sets one."
        : header.IsTransactional ? "is transactional; transactions are not supported."
        : InstanceProducer.IsAnonymous(header) ? null
        : header.Producer.Epoch < 0 || header.BaseSequence < 0 ? "carries a producer id without epoch and sequence; both count from 0."
        : acks != Acks.All ? "carries a producer id, which needs acks=all: a batch that is lost would leave a gap that no retry can close."
        : null;

    internal static Refusal Defective(BatchDefect defect, int index, string subject) => defect switch
    {
        BatchDefect.UnsupportedMagic => new Refusal(
            ErrorCode.UnsupportedForMessageFormat, $"{subject}: batch {index} is not of record batch format version 2 (magic 2), the only one that is taken."),
        BatchDefect.UnsupportedCodec => new Refusal(ErrorCode.UnsupportedCompressionType, $"{subject}: batch {index} names a compression codec that is not known."),
        BatchDefect.Truncated or BatchDefect.Length or BatchDefect.Crc or BatchDefect.RecordCount or BatchDefect.Offset
            or BatchDefect.Compression or BatchDefect.DecompressedSize or BatchDefect.Record => new Refusal(
            ErrorCode.CorruptMessage, $"{subject}: batch {index} is damaged ({defect}); build it again and send it again."),
        BatchDefect.None => throw new ArgumentException("A batch without a defect is not refused.", nameof(defect)),
        _ => new Refusal(ErrorCode.CorruptMessage, $"{subject}: batch {index} is damaged ({defect})."),
    };
}
