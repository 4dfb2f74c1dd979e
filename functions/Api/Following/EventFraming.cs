using System.Buffers;
using System.Globalization;
using System.Text;

namespace ManagedLog.Functions.Api.Following;

/// <summary>Server-sent events (WHATWG HTML, 9.2): one record an event, with the id by which the stream is resumed right behind it.</summary>
internal sealed class EventFraming : IStreamFraming
{
    /// <summary>In ms: how long a client waits before it comes again after a stream broke off. Not at once, because all clients of an instance lose it together.</summary>
    private const int RetryAfterBreak = 1_000;

    /// <summary>The same after a stream that ended because its time was over, when nothing is wrong.</summary>
    private const int RetryAfterEnd = 10;

    /// <summary>An event without data only sets the id: a client whose stream ends before its first record goes on where it began, also from "latest".</summary>
    public void WriteBegin(IBufferWriter<byte> output, EventIds ids)
    {
        WriteRetry(output, RetryAfterBreak);
        WriteId(output, ids);
        output.Write("\n"u8);
    }

    public void WriteRecord(IBufferWriter<byte> output, EventIds ids, ReadOnlySpan<byte> json)
    {
        WriteId(output, ids);
        WriteData(output, json);
    }

    public void WriteHeartbeat(IBufferWriter<byte> output) => output.Write(":\n\n"u8);

    public void WriteError(IBufferWriter<byte> output, ReadOnlySpan<byte> json)
    {
        output.Write("event: error\n"u8);
        WriteData(output, json);
    }

    public void WriteEnd(IBufferWriter<byte> output, bool isStopping)
    {
        WriteRetry(output, isStopping ? RetryAfterBreak : RetryAfterEnd);
        output.Write("\n"u8);
    }

    private static void WriteId(IBufferWriter<byte> output, EventIds ids)
    {
        output.Write("id: "u8);
        ids.WriteTo(output);
        output.Write("\n"u8);
    }

    private static void WriteData(IBufferWriter<byte> output, ReadOnlySpan<byte> json)
    {
        output.Write("data: "u8);
        output.Write(json);
        output.Write("\n\n"u8);
    }

    private static void WriteRetry(IBufferWriter<byte> output, int milliseconds) =>
        output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {milliseconds}\n")));
}
