using System.Buffers;

namespace ManagedLog.Functions.Api.Following;

/// <summary>Newline-delimited JSON: one record a line, an empty line as a sign of life. An error is a line too, told by its member <c>error_code</c>, which no record has.</summary>
internal sealed class LineFraming : IStreamFraming
{
    public void WriteBegin(IBufferWriter<byte> output, EventIds ids)
    {
        // The headers say where it begins.
    }

    public void WriteRecord(IBufferWriter<byte> output, EventIds ids, ReadOnlySpan<byte> json) => WriteLine(output, json);

    public void WriteHeartbeat(IBufferWriter<byte> output) => output.Write("\n"u8);

    public void WriteError(IBufferWriter<byte> output, ReadOnlySpan<byte> json) => WriteLine(output, json);

    public void WriteEnd(IBufferWriter<byte> output, bool isStopping)
    {
        // Whoever follows goes on behind the last line.
    }

    private static void WriteLine(IBufferWriter<byte> output, ReadOnlySpan<byte> json)
    {
        output.Write(json);
        output.Write("\n"u8);
    }
}
