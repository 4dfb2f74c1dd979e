using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

/// <summary>Draws batches and their records from a seed: all codecs and flags, sizes around what the format distinguishes.</summary>
internal sealed class RandomBatches(int seed)
{
    private static readonly int[] Lengths = [0, 0, 1, 2, 5, 20, 63, 64, 65, 127, 128, 300, 9_000];
    private static readonly string[] HeaderKeys = ["", "a", "trace-id", "schlüssel", "鍵", "🔑", "a"];

    private readonly Random _random = new(seed);

    public Random Random => _random;

    /// <summary>A number of any size: each bit length is as likely as the next.</summary>
    public long NextInt64() => _random.NextInt64(long.MinValue, long.MaxValue) >> _random.Next(64);

    public CompressionCodec NextCodec() => (CompressionCodec)_random.Next(5);

    public List<Record> NextRecords(int max)
    {
        var time = _random.Next(4) == 0 ? NextInt64() : 1_700_000_000_000;
        return Enumerable.Range(0, _random.Next(1, max + 1))
            .Select(i => new Record(i, time += _random.Next(-5, 500), NextBytes(), NextBytes(), NextHeaders()))
            .ToList();
    }

    public static Memory<byte> Build(IEnumerable<Record> records, CompressionCodec codec)
    {
        var builder = new RecordBatchBuilder(codec);
        foreach (var record in records)
            builder.Add(record.Timestamp, record.Key, record.Value, record.Headers);
        return builder.Build();
    }

    /// <summary>A finished batch with every field set to something, and what its records must read as.</summary>
    public (Memory<byte> Batch, List<Record> Records) Next(int maxRecords)
    {
        var records = NextRecords(maxRecords);
        var builder = new RecordBatchBuilder(NextCodec(), (TimestampType)_random.Next(2)) { IsTransactional = _random.Next(2) == 0, IsControl = _random.Next(2) == 0 };
        foreach (var record in records)
            builder.Add(record.Timestamp, record.Key, record.Value, record.Headers);
        var batch = builder.Build();
        RecordBatchPatch.SetIdentity(batch.Span, new BatchIdentity(new ProducerIdentity(_random.NextInt64(), (short)_random.Next(short.MaxValue)), _random.Next()));
        RecordBatchPatch.SealCrc(batch.Span);
        var baseOffset = _random.NextInt64(1L << 62);
        RecordBatchPatch.Place(batch.Span, baseOffset, _random.Next());
        RecordBatchHeader.TryRead(batch.Span, out var header);
        return (batch, records
            .Select(record => record with { Offset = baseOffset + record.Offset, Timestamp = header.TimestampType == TimestampType.LogAppendTime ? header.MaxTimestamp : record.Timestamp })
            .ToList());
    }

    private ReadOnlyMemory<byte>? NextBytes()
    {
        if (_random.Next(5) == 0)
            return null;
        var bytes = new byte[Lengths[_random.Next(Lengths.Length)]];
        if (_random.Next(2) == 0)
            _random.NextBytes(bytes);
        else
            bytes.AsSpan().Fill((byte)_random.Next(256));
        return bytes;
    }

    private RecordHeader[] NextHeaders() => _random.Next(3) != 0
        ? []
        : Enumerable.Range(0, _random.Next(1, 6)).Select(_ => new RecordHeader(HeaderKeys[_random.Next(HeaderKeys.Length)], NextBytes())).ToArray();
}
