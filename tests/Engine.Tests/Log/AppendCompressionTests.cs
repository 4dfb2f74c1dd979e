using System.Text;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Simulation.Faults;
using Record = ManagedLog.Protocol.Records.Record;

namespace ManagedLog.Engine.Tests.Log;

/// <summary>compression.type: how batches are stored, whatever they came with.</summary>
public sealed class AppendCompressionTests
{
    private readonly LogFixture _fixture = new();

    private static readonly string[] Types = ["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"];

    public static TheoryData<CompressionCodec, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<CompressionCodec, string>();
            foreach (var codec in Enum.GetValues<CompressionCodec>())
                Array.ForEach(Types, type => pairs.Add(codec, type));
            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Append_OfABatchWithAnyCodec_StoresItAsTheTopicSaysAndChangesNothingElse(CompressionCodec sentAs, string type)
    {
        _fixture.Config = Configured(type);
        var sent = Batch(sentAs, 3, new string('a', 500), new string('b', 500));
        RecordBatchHeader.TryRead(sent.Span, out var before);
        var copy = sent.ToArray();

        Assert.Equal(0, await OffsetAsync(_fixture.Start(), Batch(CompressionCodec.None, 0, "x", "y", "z")));
        Assert.Equal(3, await OffsetAsync(_fixture.Start(), sent));

        var stored = (await StoredAsync(3))[^1];
        Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(stored.Span, out var after));
        Assert.Equal(type == "producer" ? sentAs : CodecOf(type), after.Codec);
        Assert.Equal(
            before with { BaseOffset = 3, SizeInBytes = 0, Crc = 0, LeaderEpoch = 0, Attributes = 0 },
            after with { SizeInBytes = 0, Crc = 0, LeaderEpoch = 0, Attributes = 0 });
        Assert.Equal(before.Attributes & ~7, after.Attributes & ~7);
        Assert.Equal(Texts(copy, 0), Texts(stored, 3));
        Assert.Equal((1_700_000_000_000, "h", "1"), (Read(stored)[0].Timestamp, Read(stored)[0].Headers[0].Key, Encoding.UTF8.GetString(Read(stored)[0].Headers[0].Value!.Value.Span)));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public async Task Append_OfWhatDoesNotBecomeSmaller_StoresItUncompressed(string type)
    {
        _fixture.Config = Configured(type);

        Assert.Equal(0, await OffsetAsync(_fixture.Start(), Batch(CompressionCodec.None, 0, "x")));

        Assert.Equal(BatchDefect.None, RecordBatchCheck.Check((await StoredAsync(0))[0].Span, out var header));
        Assert.Equal(CompressionCodec.None, header.Codec);
    }

    [Fact]
    public async Task Append_WithAppendTime_StampsWhatWasCompressed()
    {
        _fixture.Config = Configured("zstd", ("message.timestamp.type", "LogAppendTime"));
        var result = await SendAsync(_fixture.Start(), Batch(CompressionCodec.Gzip, 0, new string('a', 500)));

        var stored = (await StoredAsync(0))[0];

        Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(stored.Span, out var header));
        Assert.Equal((CompressionCodec.Zstd, TimestampType.LogAppendTime, result.Value.Batches[0].AppendTime), (header.Codec, header.TimestampType, header.MaxTimestamp));
        Assert.Equal(result.Value.Batches[0].AppendTime, Read(stored)[0].Timestamp);
    }

    [Fact]
    public async Task Append_WithoutAProducer_GetsOneOfTheInstance()
    {
        _fixture.Config = Configured("lz4");
        var one = _fixture.Start();
        await one.AppendAsync(new string('a', 500), new string('a', 500));
        await one.AppendAsync(new string('a', 500));

        var stored = await StoredAsync(0);

        Assert.All(stored, batch => Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(batch.Span, out _)));
        RecordBatchHeader.TryRead(stored[0].Span, out var first);
        RecordBatchHeader.TryRead(stored[1].Span, out var second);
        Assert.Equal((CompressionCodec.Lz4, CompressionCodec.Lz4, 0, 2), (first.Codec, second.Codec, first.BaseSequence, second.BaseSequence));
        Assert.True(InstanceProducer.Is(first.Producer.Id));
    }

    /// <summary>A retry is known by its sequence, so it may be stored otherwise than it would be today, on the instance that appended it and on one that has seen nothing.</summary>
    [Fact]
    public async Task Retry_AfterTheTopicWasConfiguredAnew_AnswersTheOriginalOffsets()
    {
        Memory<byte>[] Request() => [Batch(CompressionCodec.None, 0, new string('a', 500), "b"), Batch(CompressionCodec.Snappy, 2, new string('c', 500)), Batch(CompressionCodec.Zstd, 3, new string('d', 900))];
        _fixture.Config = Configured("gzip");
        var one = _fixture.Start();
        Assert.Equal([0, 2, 3], (await SendAsync(one, Request())).Value.Batches.Select(batch => batch.BaseOffset));

        foreach (var type in Types)
        {
            one.Log.Configure(Configured(type));
            _fixture.Config = Configured(type);
            Assert.Equal([0, 2, 3], (await SendAsync(one, Request())).Value.Batches.Select(batch => batch.BaseOffset));
            Assert.Equal([0, 2, 3], (await SendAsync(_fixture.Start(), Request())).Value.Batches.Select(batch => batch.BaseOffset));
        }

        Assert.Equal(4, (await _fixture.Start().ReadAllAsync()).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Append_ThatGetsNoAnswer_StandsOnce(bool isBefore)
    {
        _fixture.Config = Configured("zstd");
        var faults = new FaultScript().On(StorageVerb.Append, isBefore ? Fault.LostRequest : Fault.LostReply, occurrence: 2);
        var one = _fixture.Start(backend => new FaultyBackend(backend, faults));

        Assert.Equal(0, await OffsetAsync(one, Batch(CompressionCodec.None, 0, new string('a', 500), Noise(200))));

        Assert.True(faults.IsSpent);
        Assert.Equal([new string('a', 500), Noise(200)], (await _fixture.Start().ReadAllAsync()).Select(record => record.Value));
    }

    /// <summary>max.message.bytes holds for what is sent and for what is stored.</summary>
    [Fact]
    public async Task Append_OfABatchThatWouldBeStoredTooLarge_IsRefused()
    {
        _fixture.Config = Configured("uncompressed", ("max.message.bytes", "2000"));
        var one = _fixture.Start();
        foreach (var codec in Enum.GetValues<CompressionCodec>().Except([CompressionCodec.None]))
        {
            var result = await SendAsync(one, Batch(codec, 0, "small"), Batch(codec, 1, new string('a', 3_000)));

            Assert.Equal(ErrorCode.MessageTooLarge, result.Refusal?.Code);
            Assert.Contains("batch 1 would be stored with more than the 2000 bytes", result.Refusal!.Message, StringComparison.Ordinal);
        }

        one.Log.Configure(Configured("gzip", ("max.message.bytes", "2000")));
        var tooLarge = await SendAsync(one, Batch(CompressionCodec.None, 0, new string('a', 3_000)));
        Assert.Equal(ErrorCode.MessageTooLarge, tooLarge.Refusal?.Code);
        Assert.Empty(await _fixture.Start().ReadAllAsync());
        Assert.Equal(0, await OffsetAsync(one, Batch(CompressionCodec.Zstd, 0, new string('a', 3_000))));
    }

    [Fact]
    public async Task Append_OfBatchesThatBecomeLarger_AsksWhetherThereIsRoom()
    {
        _fixture.Config = Configured("uncompressed");
        var one = _fixture.Start();
        Memory<byte>[] Bombs() => [Batch(CompressionCodec.Gzip, 0, new string('a', 10_000)), Batch(CompressionCodec.Gzip, 1, new string('b', 10_000)), Batch(CompressionCodec.None, 2, "c")];
        var left = 15_000L;
        var request = new AppendRequest(Bombs()) { TryHold = bytes => (left -= bytes) >= 0 };

        var refused = await one.Log.AppendAsync(request, "test", default);

        Assert.Equal(ErrorCode.ThrottlingQuotaExceeded, refused.Refusal?.Code);
        Assert.Contains("batch 1 becomes", refused.Refusal!.Message, StringComparison.Ordinal);
        Assert.Empty(await _fixture.Start().ReadAllAsync());
        left = 20_100;
        Assert.False((await one.Log.AppendAsync(new AppendRequest(Bombs()) { TryHold = bytes => (left -= bytes) >= 0 }, "test", default)).IsRefused);
        Assert.InRange(left, 0, 500);
    }

    [Fact]
    public async Task Append_OfARequestThatIsAskedForAgain_FindsWhatWasSentUnchanged()
    {
        _fixture.Config = Configured("zstd");
        var sent = Batch(CompressionCodec.Gzip, 0, new string('a', 500));
        var before = sent.ToArray();

        await OffsetAsync(_fixture.Start(), sent);

        Assert.Equal(before, sent.ToArray());
    }

    [Fact]
    public async Task Append_OfRecordsThatCannotBeDecompressed_IsRefusedWhereTheyWouldHaveToBe()
    {
        _fixture.Config = Configured("lz4");
        var batch = Batch(CompressionCodec.Zstd, 0, new string('a', 500));
        batch.Span[^3..].Clear();
        batch.Span[RecordBatchHeader.Size] = 0;
        RecordBatchPatch.SealCrc(batch.Span);

        var refused = await SendAsync(_fixture.Start(), batch);

        Assert.Equal(ErrorCode.CorruptMessage, refused.Refusal?.Code);
        Assert.Empty(await _fixture.Start().ReadAllAsync());
    }

    private static TopicConfig Configured(string type, params (string Name, string Value)[] more) => LogFixture.Configured([("linger.ms", "0"), ("compression.type", type), .. more]);

    private static CompressionCodec CodecOf(string type) => type == "uncompressed" ? CompressionCodec.None : Enum.Parse<CompressionCodec>(type, ignoreCase: true);

    private static string Noise(int length) => Convert.ToHexString([.. Enumerable.Range(0, length / 2).Select(i => (byte)((i * i * 7919) >> 3))]);

    private static Memory<byte> Batch(CompressionCodec codec, int sequence, params string[] values)
    {
        var builder = new RecordBatchBuilder(codec);
        foreach (var (i, value) in values.Index())
            builder.Add(1_700_000_000_000 + (i * 7), Encoding.UTF8.GetBytes($"key {i}"), Encoding.UTF8.GetBytes(value), [new RecordHeader("h", "1"u8.ToArray())]);
        var batch = builder.Build();
        RecordBatchPatch.SetIdentity(batch.Span, new BatchIdentity(new ProducerIdentity(7, 0), sequence));
        RecordBatchPatch.SealCrc(batch.Span);
        return batch;
    }

    private static async Task<Result<AppendResult>> SendAsync(LogFixture.Instance instance, params Memory<byte>[] batches) =>
        await instance.Log.AppendAsync(new AppendRequest(batches), "test", default);

    private static async Task<long> OffsetAsync(LogFixture.Instance instance, params Memory<byte>[] batches)
    {
        var result = await SendAsync(instance, batches);
        Assert.False(result.IsRefused, result.Refusal?.ToString());
        return result.Value.Batches[0].BaseOffset;
    }

    /// <summary>As an instance that has seen nothing finds them.</summary>
    private async Task<IReadOnlyList<ReadOnlyMemory<byte>>> StoredAsync(long from)
    {
        var fetched = await _fixture.Start().Log.FetchAsync(new FetchRequest(FetchFrom.At(from), 1_000_000, TimeSpan.Zero), "test", default);
        return fetched.Value.Batches;
    }

    private static List<Record> Read(ReadOnlyMemory<byte> batch)
    {
        var records = new List<Record>();
        Assert.True(RecordBatchReader.TryOpen(batch, 1_000_000, out var reader, out _));
        while (reader.TryReadNext(out var record))
            records.Add(record);
        Assert.Equal(BatchDefect.None, reader.Defect);
        return records;
    }

    private static IEnumerable<string> Texts(ReadOnlyMemory<byte> batch, long from) => Read(batch).Select(record =>
        $"{record.Offset - from} {record.Timestamp} {Encoding.UTF8.GetString(record.Key!.Value.Span)} {Encoding.UTF8.GetString(record.Value!.Value.Span)}");
}
