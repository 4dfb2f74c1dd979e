using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Engine.Tests.Log;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;
using Microsoft.Extensions.Logging;

namespace ManagedLog.Engine.Tests.Compaction;

/// <summary>R5 for what compaction reads: a source that is damaged, or reads short, is copied nowhere; and what becomes of the log where nobody looks.</summary>
public class CompactionSourceTests
{
    /// <summary>In the first segment, within the value of the first batch's second record.</summary>
    private const int WithinAValue = 1000;

    private const string FirstBlob = "/00000000000000000000-";

    /// <summary>What was not read looks like what was superseded: no reader is told that anything is missing.</summary>
    [Fact]
    public void Compaction_WithoutCheckingItsSource_LosesWhatIsNotRead() => HousekeepingWorld.Run(async world =>
    {
        var log = await PrepareAsync(world);
        var source = (await world.SegmentsAsync(log.Topic.At(0)))[0];
        var content = (await world.Twin.ReadRangeAsync(source.Blob, 0, (int)source.Bytes, default)).Value.Content;
        Assert.True(RecordBatchHeader.TryRead(content.Span[SegmentHeaderFrame.Size..], out var first));
        var careless = await CarelessAsync(world, LyingBackend.Cut(".log", SegmentHeaderFrame.Size + first.SizeInBytes));

        await careless.TickAsync();

        var read = await log.ReadAsync(await world.StartAsync());
        var lost = log.Last.Except(read).ToList();
        Assert.NotEmpty(lost);
        Assert.All(lost, record => Assert.InRange(record.Offset, first.NextOffset, source.EndOffset - 1));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Compaction_OfADamagedSource_StopsThatPartitionAndSaysSo(bool isShort) => HousekeepingWorld.Run(async world =>
    {
        var logger = new ErrorLog();
        LyingBackend? lying = null;
        var log = await PrepareAsync(world);
        var other = await CompactedTopic.PrepareAsync(world, await world.StartAsync(), "other");
        var careful = await world.StartAsync(decorate: storage => lying = new LyingBackend(storage), logger: logger);
        var before = await world.SegmentsAsync(log.Topic.At(0));
        lying!.Lie = OfTheFirst(log, isShort ? LyingBackend.Cut(".log", before[0].Bytes / 2) : LyingBackend.Flip(".log", WithinAValue));

        await careful.TickAsync();

        // Nothing takes the place of what is damaged, and nothing goes anywhere in its partition; the other partition goes on.
        Assert.Equal(before[0], (await world.SegmentsAsync(log.Topic.At(0)))[0]);
        Assert.Equal(log.End, (await log.ReadAsync(await world.StartAsync())).Count);
        Assert.Equal(0, (await world.HeadAsync(log.Topic.At(0))).Compaction.CleanOffset);
        Assert.Contains(logger.Errors, error => error.Contains($"{log.Topic.At(0)} cannot be read", StringComparison.Ordinal) && error.Contains(before[0].Blob, StringComparison.Ordinal));
        Assert.All(logger.Errors, error => Assert.DoesNotContain($"{other.Topic.At(0)}", error, StringComparison.Ordinal));
        Assert.True((await world.HeadAsync(other.Topic.At(0))).Compaction.CleanOffset > 0);
        await other.AssertHoldsAsync(careful);

        // It was the reading that was wrong, this time.
        lying.Lie = (_, _, truth) => truth;
        await world.TickThroughAsync(careful, TimeSpan.FromDays(8));
        Assert.True((await world.HeadAsync(log.Topic.At(0))).Compaction.CleanOffset > 0);
        await log.AssertHoldsAsync(careful);
    });

    /// <summary>In the first segment a batch of two records, of which the first is superseded later and the second stands for good.</summary>
    private static async Task<KeyedLog> PrepareAsync(HousekeepingWorld world)
    {
        var writer = await world.StartAsync();
        var log = new KeyedLog(world, await writer.CreateAsync("damaged", CompactedTopic.Configs), CompactedTopic.DeleteRetention);
        await log.AppendAsync(writer, CompressionCodec.None, ("superseded", "x"), ("kept", HousekeepingInstance.Large(0)));
        for (var i = 0; i < 12; i++)
            await log.AppendAsync(writer, CompressionCodec.None, ($"key {i}", HousekeepingInstance.Large(i)));
        await log.AppendAsync(writer, CompressionCodec.None, ("superseded", HousekeepingInstance.Large(1)));
        for (var i = 0; i < 6; i++)
            await log.AppendAsync(writer, CompressionCodec.None, ($"late key {i}", HousekeepingInstance.Large(i)));
        await world.WaitAsync(TimeSpan.FromMinutes(1));
        return log;
    }

    private static Task<HousekeepingInstance> CarelessAsync(HousekeepingWorld world, Func<string, long, BlobRange, BlobRange> lie) => world.StartAsync(
        rules: ProtocolRules.All with { CheckRewrites = false },
        decorate: storage => new LyingBackend(storage)
        {
            Lie = (blob, position, truth) => blob.Contains(FirstBlob, StringComparison.Ordinal) ? lie(blob, position, truth) : truth,
        });

    private static Func<string, long, BlobRange, BlobRange> OfTheFirst(KeyedLog log, Func<string, long, BlobRange, BlobRange> lie) => (blob, position, truth) =>
        blob.StartsWith(log.Topic.Id.ToString(), StringComparison.Ordinal) && blob.Contains(FirstBlob, StringComparison.Ordinal) ? lie(blob, position, truth) : truth;

    private sealed class ErrorLog : ILogger
    {
        public List<string> Errors { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error)
                Errors.Add(formatter(state, exception));
        }
    }
}
