using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

/// <summary>What reading a batch may allocate in all.</summary>
internal static class MemoryBound
{
    /// <summary>What the reader and a gzip stream take by themselves.</summary>
    public const int Fixed = 20_000;

    /// <summary>The densest headers take 19 bytes for each byte in the batch; decompressing takes up to three times the allowed size.</summary>
    public static long For(ReadOnlySpan<byte> input, int maxDecompressedBytes) =>
        RecordBatchHeader.TryRead(input, out var header) && header.Codec != CompressionCodec.None
            ? Fixed + ((3L + 19L) * maxDecompressedBytes)
            : Fixed + (19L * input.Length);

    /// <summary>What a call allocates: the least of three, since now and then the runtime allocates something of its own on the thread, and what a call asks for it asks for each time.</summary>
    public static long AllocatedBy(Action call)
    {
        var least = long.MaxValue;
        for (var i = 0; i < 3 && least > 0; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            call();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    /// <summary>Reads a batch to its end or defect, keeping nothing.</summary>
    public static (BatchDefect Defect, int Records, long Allocated) Measure(ReadOnlyMemory<byte> input, int maxDecompressedBytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var records = 0;
        if (RecordBatchReader.TryOpen(input, maxDecompressedBytes, out var reader, out var defect))
        {
            while (reader.TryReadNext(out _))
                records++;
            defect = reader.Defect;
        }

        return (defect, records, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
