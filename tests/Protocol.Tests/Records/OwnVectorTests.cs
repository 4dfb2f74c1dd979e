using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

/// <summary>
/// Compressed batches that this builder made and kafka-python has read (Vectors/make_vectors.py --check; uncompressed ones are the very bytes that kafka-python writes).
/// What it writes today must still be those bytes; for gzip, LZ4 and Zstandard, whose bytes are the framework's and the packages' choice, the same records.
/// </summary>
public sealed class OwnVectorTests
{
    private const string File = "managedlog.json";

    [Fact]
    public void Builder_ForEachDescription_WritesWhatTheOtherClientHasRead()
    {
        var built = BatchVector.ReadAll("kafka-python.json").Where(vector => vector.Codec is "gzip" or "snappy" or "lz4" or "zstd")
            .Select(vector => vector with { Batch = Convert.ToHexStringLower(vector.Build().Span) }).ToList();
        if (Environment.GetEnvironmentVariable("MANAGEDLOG_WRITE_VECTORS") is { Length: > 0 } path)
            BatchVector.WriteAll(path, "Record batches made by ManagedLog.Protocol and read by kafka-python 2.0.2: see make_vectors.py.", built);

        var kept = BatchVector.ReadAll(File);

        Assert.Equal(built.Select(vector => vector.Name), kept.Select(vector => vector.Name));
        foreach (var (today, then) in built.Zip(kept))
        {
            if (today.CompressionCodec == CompressionCodec.Snappy)
                Assert.True(today.Batch == then.Batch, $"'{today.Name}' is written differently now.");
            Assert.True(Batches.Same(then.ExpectedRecords(), Batches.Read(then.Bytes)), $"'{then.Name}' is read differently now.");
        }
    }
}
