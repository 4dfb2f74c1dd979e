using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Compresses what is to be appended as the topic's compression.type says, before it waits for the partition. Batches are judged as they were sent before (<see cref="AppendValidation"/>);
/// here only their size is, once more: max.message.bytes holds for what is stored too, as in Kafka.
/// </summary>
internal static class AppendCompression
{
    /// <summary>Null: <paramref name="batches"/> are to be appended, and <paramref name="headers"/> are theirs. Otherwise nothing is. What was sent is not changed.</summary>
    public static Refusal? Apply(AppendRequest request, RecordBatchHeader[] headers, TopicConfig config, string subject, out IReadOnlyList<Memory<byte>> batches)
    {
        batches = request.Batches;
        if (config.StoredCodec is not { } codec || Array.TrueForAll(headers, header => header.Codec == codec))
            return null;
        // Uncompressed, a batch that does not fit into max.message.bytes is not even made.
        var mostBytes = codec == CompressionCodec.None ? config.MaxMessageBytes - RecordBatchHeader.Size : RecordLimits.MaxDecompressedBytes;
        var stored = new Memory<byte>[headers.Length];
        for (var i = 0; i < stored.Length; i++)
        {
            var sent = request.Batches[i];
            stored[i] = sent;
            if (headers[i].Codec == codec)
                continue;
            var defect = RecordBatchRecompression.Change(sent, codec, mostBytes, out stored[i]);
            if (defect == BatchDefect.DecompressedSize || (defect == BatchDefect.None && stored[i].Length > config.MaxMessageBytes))
                return TooLarge(i, config, subject);
            if (defect != BatchDefect.None)
                return AppendValidation.Defective(defect, i, subject);
            // Few bytes may become many, and all batches of the request are held at once.
            if (stored[i].Length > sent.Length && request.TryHold?.Invoke(stored[i].Length - sent.Length) == false)
                return NoRoom(i, subject);
            RecordBatchHeader.TryRead(stored[i].Span, out headers[i]);
        }

        batches = stored;
        return null;
    }

    private static Refusal TooLarge(int index, TopicConfig config, string subject) => new(
        ErrorCode.MessageTooLarge,
        $"{subject}: batch {index} would be stored with more than the {config.MaxMessageBytes} bytes that max.message.bytes allows, because the topic's compression.type is not the batch's own codec. "
        + "Send smaller batches, compress them as the topic does, or raise its max.message.bytes.");

    private static Refusal NoRoom(int index, string subject) => new(
        ErrorCode.ThrottlingQuotaExceeded,
        $"{subject}: there is no room for what batch {index} becomes with the topic's compression.type. Nothing was appended; send it again in a second, or fewer batches at once.");
}
