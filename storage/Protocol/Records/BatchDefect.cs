namespace ManagedLog.Protocol.Records;

/// <summary>Why bytes are not a record batch that the log takes.</summary>
public enum BatchDefect
{
    None = 0,

    /// <summary>Fewer bytes than the header or its length field ask for.</summary>
    Truncated,

    /// <summary>Magic 0 or 1 (message sets of before Kafka 0.11) or a number that is not known.</summary>
    UnsupportedMagic,

    /// <summary>A length below the header's size, or above what is allowed.</summary>
    Length,

    Crc,

    /// <summary>Record count and last offset delta are negative, or promise more records than the bytes can hold.</summary>
    RecordCount,

    /// <summary>A negative base offset, or one that would overflow.</summary>
    Offset,

    UnsupportedCodec,

    /// <summary>The compressed bytes are no stream of their codec, or a damaged one.</summary>
    Compression,

    /// <summary>Decompressed, the records would take more than the caller allows.</summary>
    DecompressedSize,

    /// <summary>A record is malformed, offsets do not increase within the batch's range, or bytes are left behind the last record.</summary>
    Record,
}
