using System.Text;
using ManagedLog.Protocol.Records;
using ManagedLog.Simulation.Judging;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>What the judge of compaction (I14) must find, and what it must not.</summary>
public class CompactedSuccessionTests
{
    private const long Now = 1000;

    private static readonly LogImage s_log = Image(Batch(0, ("a", "1"), ("b", "2"), ("c", null)), Batch(3, ("a", "3")));

    [Fact]
    public void Compaction_OfWhatIsSuperseded_IsSound() =>
        Assert.Empty(Check(s_log, With(s_log, 0, Filter(s_log.Batches[0], [1, 2], horizon: 5))));

    [Fact]
    public void Compaction_OfTheLastRecordOfAKey_IsFound() =>
        Assert.Equal(["I14"], Check(s_log, With(s_log, 0, Filter(s_log.Batches[0], [0, 2], horizon: 5))));

    [Theory]
    [InlineData(null, false)]
    [InlineData(Now, true)]
    [InlineData(Now + 1, false)]
    public void Compaction_OfATombstone_IsSoundOnlyPastItsHorizon(long? horizon, bool isSound)
    {
        var before = horizon is null ? s_log : With(s_log, 0, Filter(s_log.Batches[0], [1, 2], horizon));
        var later = With(before, 0, Filter(before.Batches[0], [1], horizon: null));

        Assert.Equal(isSound ? [] : ["I14"], CompactedSuccession.Check(s_log, before, later, Now).Select(violation => violation.Invariant));
    }

    [Fact]
    public void Compaction_ThatChangesARecord_IsFound()
    {
        Assert.Equal(["I14"], Check(s_log, With(s_log, 0, Stored(Batch(0, ("a", "1"), ("b", "other"), ("c", null))))));
        Assert.Equal(["I14"], Check(s_log, With(s_log, 0, Stored(Batch(0, ("a", "1"), ("b", "2"))))).Distinct());
    }

    [Fact]
    public void Record_ThatComesBack_IsFound()
    {
        var compacted = With(s_log, 0, Filter(s_log.Batches[0], [1, 2], horizon: 5));

        Assert.Equal(["I14"], CompactedSuccession.Check(s_log, compacted, s_log, Now).Select(violation => violation.Invariant));
    }

    [Fact]
    public void Log_ThatEndsBefore_IsFound() =>
        Assert.Contains("I4", Check(s_log, s_log with { Batches = [s_log.Batches[0]] }));

    [Fact]
    public void Join_KeepsWhatWasAppended()
    {
        var later = With(s_log, 0, Filter(s_log.Batches[0], [1], horizon: 5));
        later = later with { Batches = [.. later.Batches, Stored(Batch(4, ("z", "9")))] };

        Assert.Equal([0L, 1, 2, 3, 4], CompactedSuccession.Join(s_log, later).Batches.SelectMany(batch => batch.Records).Select(record => record.Offset));
    }

    private static IEnumerable<string> Check(LogImage log, LogImage later) => CompactedSuccession.Check(log, log, later, Now).Select(violation => violation.Invariant);

    private static LogImage With(LogImage log, int index, StoredBatch batch) =>
        log with { Batches = [.. log.Batches.Select((other, i) => i == index ? batch : other)] };

    private static LogImage Image(params Memory<byte>[] batches) => new(LogForge.Partition, null, [], [.. batches.Select(batch => Stored(batch))], TailState.Open, []);

    private static StoredBatch Filter(StoredBatch batch, long[] kept, long? horizon)
    {
        RecordBatchFilter.Filter(batch.Bytes, (in RecordOutline record) => kept.Contains(record.Offset), horizon, 100_000, out var filtered);
        return Stored(filtered);
    }

    private static StoredBatch Stored(ReadOnlyMemory<byte> bytes)
    {
        RecordBatchHeader.TryRead(bytes.Span, out var header);
        return new StoredBatch(header, ContentKey.Of(bytes.Span), bytes);
    }

    private static Memory<byte> Batch(long offset, params (string Key, string? Value)[] records)
    {
        var builder = new RecordBatchBuilder();
        foreach (var (key, value) in records)
            builder.Add(1, Encoding.UTF8.GetBytes(key), value is null ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(value), []);
        var batch = builder.Build();
        RecordBatchPatch.Place(batch.Span, offset, 0);
        return batch;
    }
}
