using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

/// <summary>Batches that kafka-python made (Vectors/make_vectors.py): read to what they hold, and built again from their description.</summary>
public sealed class IndependentVectorTests
{
    private static readonly IReadOnlyList<BatchVector> Vectors = BatchVector.ReadAll("kafka-python.json");

    public static TheoryData<string> All => [.. Vectors.Select(vector => vector.Name)];

    public static TheoryData<string> Uncompressed => [.. Vectors.Where(vector => vector.Codec == "none").Select(vector => vector.Name)];

    public static TheoryData<string> Compressed => [.. Vectors.Where(vector => vector.Codec != "none").Select(vector => vector.Name)];

    [Theory]
    [MemberData(nameof(All))]
    public void Reader_OfAnotherClientsBatch_GivesHeaderAndRecordsAsDescribed(string name)
    {
        var vector = Find(name);
        var expected = vector.ExpectedRecords();

        Assert.True(RecordBatchHeader.TryRead(vector.Bytes, out var header));
        Assert.Equal((vector.BaseOffset, vector.LeaderEpoch, vector.Bytes.Length), (header.BaseOffset, header.LeaderEpoch, header.SizeInBytes));
        Assert.Equal((vector.Producer.Id, vector.Producer.Epoch, vector.Producer.Sequence), (header.Producer.Id, header.Producer.Epoch, header.BaseSequence));
        Assert.Equal((vector.Transactional, vector.Control, vector.CompressionCodec), (header.IsTransactional, header.IsControl, header.Codec));
        Assert.Equal((vector.AppendTime.HasValue ? TimestampType.LogAppendTime : TimestampType.CreateTime, expected.Max(record => record.Timestamp)), (header.TimestampType, header.MaxTimestamp));
        Assert.Equal((expected.Count, expected.Count - 1), (header.RecordCount, header.LastOffsetDelta));
        Assert.True(Batches.Same(expected, Batches.Read(vector.Bytes)));
    }

    [Theory]
    [MemberData(nameof(Uncompressed))]
    public void Builder_FromTheDescriptionOfAnotherClientsBatch_WritesTheSameBytes(string name)
    {
        var vector = Find(name);

        Assert.Equal(Convert.ToHexString(vector.Bytes), Convert.ToHexString(vector.Build().Span));
    }

    [Theory]
    [MemberData(nameof(Compressed))]
    public void Builder_FromTheDescriptionOfAnotherClientsCompressedBatch_WritesTheSameHeaderAndTheSameBytesInside(string name)
    {
        var vector = Find(name);
        var ours = vector.Build();

        Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(vector.Bytes, out var theirHeader));
        Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(ours.Span, out var ourHeader));
        Assert.Equal(theirHeader with { SizeInBytes = 0, Crc = 0 }, ourHeader with { SizeInBytes = 0, Crc = 0 });
        Assert.Equal(Inside(vector.Bytes, theirHeader.Codec), Inside(ours, ourHeader.Codec));
    }

    [Fact]
    public void ControlRecord_OfAnotherClientsControlBatches_IsReadAndWrittenTheSame()
    {
        (string Name, ControlRecord Control)[] expected =
            [("control: commit", new(ControlRecordType.Commit, 7)), ("control: abort", new(ControlRecordType.Abort, int.MaxValue))];
        foreach (var (name, control) in expected)
        {
            var vector = Find(name);

            Assert.True(ControlRecord.TryDecode(Assert.Single(Batches.Read(vector.Bytes)), out var read));
            Assert.Equal(control, read);
            var ours = control.ToBatch(new(vector.Producer.Id, vector.Producer.Epoch), 1_600_000_000_000);
            RecordBatchPatch.Place(ours.Span, 0, 0);
            Assert.Equal(vector.Bytes, ours.ToArray());
        }
    }

    private static byte[] Inside(ReadOnlyMemory<byte> batch, CompressionCodec codec)
    {
        Assert.Equal(BatchDefect.None, Compression.TryDecompress(codec, batch[RecordBatchHeader.Size..], Batches.MaxDecompressedBytes, out var records));
        return records.ToArray();
    }

    private static BatchVector Find(string name) => Vectors.Single(vector => vector.Name == name);
}
