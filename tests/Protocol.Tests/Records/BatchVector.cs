using System.Globalization;
using System.Text.Json;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

/// <summary>One batch and its description, as Vectors/make_vectors.py writes and reads them.</summary>
internal sealed record BatchVector(
    string Name, string Codec, VectorProducer Producer, bool Transactional, bool Control, long? AppendTime, long BaseOffset, int LeaderEpoch, IReadOnlyList<VectorRecord> Records, string Batch)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Where the vectors stand, both when tests run and in the source.</summary>
    public static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Vectors", file);

    public static IReadOnlyList<BatchVector> ReadAll(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(PathOf(file)));
        return document.RootElement.GetProperty("batches").Deserialize<List<BatchVector>>(Json)!;
    }

    public static void WriteAll(string path, string about, IEnumerable<BatchVector> vectors) =>
        File.WriteAllText(path, $"{{\"about\":{JsonSerializer.Serialize(about)},\"batches\":[\n{string.Join(",\n", vectors.Select(vector => JsonSerializer.Serialize(vector, Json)))}\n]}}\n");

    public byte[] Bytes => Convert.FromHexString(Batch);

    public CompressionCodec CompressionCodec => Codec switch
    {
        "none" => CompressionCodec.None,
        "gzip" => CompressionCodec.Gzip,
        "snappy" or "snappy-raw" => CompressionCodec.Snappy,
        "lz4" or "lz4-all" => CompressionCodec.Lz4,
        "zstd" or "zstd-stream" => CompressionCodec.Zstd,
        _ => throw new InvalidDataException($"{Name}: unknown codec {Codec}"),
    };

    /// <summary>What a reader must give.</summary>
    public List<Record> ExpectedRecords() => Records.SelectMany(record => Enumerable.Repeat(record, record.Count))
        .Select((record, i) => new Record(BaseOffset + i, AppendTime ?? record.Timestamp, Decode(record.Key), Decode(record.Value), DecodeHeaders(record)))
        .ToList();

    /// <summary>What our builder makes of the description.</summary>
    public Memory<byte> Build()
    {
        var builder = new RecordBatchBuilder(CompressionCodec) { IsTransactional = Transactional, IsControl = Control };
        foreach (var record in Records.SelectMany(record => Enumerable.Repeat(record, record.Count)))
            builder.Add(record.Timestamp, Decode(record.Key), Decode(record.Value), DecodeHeaders(record));
        var batch = builder.Build();
        RecordBatchPatch.SetIdentity(batch.Span, new BatchIdentity(new ProducerIdentity(Producer.Id, Producer.Epoch), Producer.Sequence));
        if (AppendTime is { } time)
            RecordBatchPatch.SetAppendTime(batch.Span, time);
        RecordBatchPatch.SealCrc(batch.Span);
        RecordBatchPatch.Place(batch.Span, BaseOffset, LeaderEpoch);
        return batch;
    }

    public override string ToString() => Name;

    private static RecordHeader[] DecodeHeaders(VectorRecord record) =>
        record.Headers.Select(header => new RecordHeader(header[0].GetString()!, Decode(header[1]))).ToArray();

    /// <summary>Null, hexadecimal digits, or such digits repeated.</summary>
    private static ReadOnlyMemory<byte>? Decode(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.Null => default(ReadOnlyMemory<byte>?),
        JsonValueKind.String => Convert.FromHexString(content.GetString()!),
        JsonValueKind.Object => Enumerable.Repeat(Convert.FromHexString(content.GetProperty("hex").GetString()!), content.GetProperty("times").GetInt32()).SelectMany(part => part).ToArray(),
        _ => throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"unexpected {content.ValueKind}")),
    };
}
