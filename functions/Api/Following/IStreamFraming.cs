using System.Buffers;

namespace ManagedLog.Functions.Api.Following;

/// <summary>How records, errors and signs of life stand in a stream. JSON that is given is one line.</summary>
internal interface IStreamFraming
{
    /// <summary>Before the first record.</summary>
    void WriteBegin(IBufferWriter<byte> output, EventIds ids);

    void WriteRecord(IBufferWriter<byte> output, EventIds ids, ReadOnlySpan<byte> json);

    void WriteHeartbeat(IBufferWriter<byte> output);

    void WriteError(IBufferWriter<byte> output, ReadOnlySpan<byte> json);

    /// <summary>After the last record of a stream that ends because its time is over, or because the service stops; not after an error.</summary>
    void WriteEnd(IBufferWriter<byte> output, bool isStopping);
}
