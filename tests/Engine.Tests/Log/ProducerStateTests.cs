using ManagedLog.Engine.Log;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Tests.Log;

public class ProducerStateTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private readonly ProducerState _state = new(Day);
    private long _offset;

    private static RecordBatchHeader Batch(long id, short epoch, int sequence, int records = 1, long timestamp = 1000, long offset = 0) => new()
    {
        Magic = 2,
        BaseOffset = offset,
        Producer = new ProducerIdentity(id, epoch),
        BaseSequence = sequence,
        RecordCount = records,
        LastOffsetDelta = records - 1,
        MaxTimestamp = timestamp,
    };

    private void Apply(long id, short epoch, int sequence, int records = 1, long timestamp = 1000)
    {
        _state.Apply(Batch(id, epoch, sequence, records, timestamp, _offset));
        _offset += records;
    }

    [Fact]
    public void Check_OfTheNextSequence_IsNext()
    {
        Apply(7, 0, 0, 3);
        Assert.Equal(SequenceVerdict.Next, _state.Check(Batch(7, 0, 3)).Verdict);
    }

    [Theory]
    [InlineData(0, 0, nameof(SequenceVerdict.OutOfOrder))] // six batches ago: forgotten
    [InlineData(1, 1, nameof(SequenceVerdict.Duplicate))]
    [InlineData(5, 5, nameof(SequenceVerdict.Duplicate))]
    public void Check_OfARepetition_IsRecognisedAmongTheLastFive(int sequence, long offset, string verdict)
    {
        for (var i = 0; i < 6; i++)
            Apply(7, 0, i);

        var check = _state.Check(Batch(7, 0, sequence));

        Assert.Equal(verdict, check.Verdict.ToString());
        if (check.Verdict == SequenceVerdict.Duplicate)
            Assert.Equal(offset, check.BaseOffset);
    }

    [Fact]
    public void Check_OfTheSameFirstSequenceWithMoreRecords_IsNoDuplicate()
    {
        Apply(7, 0, 0, 2);
        Assert.Equal(SequenceVerdict.OutOfOrder, _state.Check(Batch(7, 0, 0, 3)).Verdict);
    }

    [Fact]
    public void Check_OfAGap_NamesTheExpectedSequence()
    {
        Apply(7, 0, 0);
        var check = _state.Check(Batch(7, 0, 2));
        Assert.Equal((SequenceVerdict.OutOfOrder, 1), (check.Verdict, check.Expected));
    }

    [Fact]
    public void Check_OfAnOldEpoch_NamesTheCurrentOne()
    {
        Apply(7, 3, 0);
        var check = _state.Check(Batch(7, 2, 1));
        Assert.Equal((SequenceVerdict.StaleEpoch, 3), (check.Verdict, check.Expected));
    }

    [Theory]
    [InlineData(0, nameof(SequenceVerdict.Next))]
    [InlineData(1, nameof(SequenceVerdict.OutOfOrder))]
    public void Check_OfANewEpoch_BeginsWithSequenceZero(int sequence, string verdict)
    {
        Apply(7, 0, 0);
        Assert.Equal(verdict, _state.Check(Batch(7, 1, sequence)).Verdict.ToString());
    }

    [Theory]
    [InlineData(0, nameof(SequenceVerdict.Next))]
    [InlineData(5, nameof(SequenceVerdict.UnknownProducer))]
    public void Check_OfAnUnknownProducer_TakesOnlyItsFirst(int sequence, string verdict) =>
        Assert.Equal(verdict, _state.Check(Batch(9, 0, sequence)).Verdict.ToString());

    [Fact]
    public void Check_AcrossTheWrap_GoesOnWithZero()
    {
        Apply(7, 0, int.MaxValue - 1, 2);
        Assert.Equal(SequenceVerdict.Next, _state.Check(Batch(7, 0, 0)).Verdict);
        Apply(7, 0, 0);
        Assert.Equal(SequenceVerdict.Duplicate, _state.Check(Batch(7, 0, int.MaxValue - 1, 2)).Verdict);
    }

    [Fact]
    public void Check_AfterTheExpiryInLogTime_KnowsTheProducerNoMore()
    {
        Apply(7, 0, 0, timestamp: 1000);
        Apply(8, 0, 0, timestamp: 1000 + (long)Day.TotalMilliseconds);
        Assert.Equal(SequenceVerdict.Duplicate, _state.Check(Batch(7, 0, 0)).Verdict);
        Apply(8, 0, 1, timestamp: 1001 + (long)Day.TotalMilliseconds);
        Assert.Equal(SequenceVerdict.UnknownProducer, _state.Check(Batch(7, 0, 1)).Verdict);
    }

    [Fact]
    public void Apply_OfBatchesThatInstancesStamped_KeepsNothing()
    {
        Apply(InstanceProducer.Of(5), 0, 0);
        Assert.Equal(0, _state.Count);
    }

    /// <summary>I8: a snapshot anywhere, and what follows, equals the state kept all along.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Decode_OfASnapshotTakenAnywhere_GoesOnLikeTheOriginal(int seed)
    {
        var random = new Random(seed);
        var kept = new ProducerState(Day);
        var resumed = new ProducerState(Day);
        for (var i = 0; i < 2000; i++)
        {
            var batch = Batch(random.Next(20), (short)random.Next(2), random.Next(4), random.Next(1, 4), i * 1000L * random.Next(1, 200), i);
            Assert.Equal(kept.Check(batch), resumed.Check(batch));
            kept.Apply(batch);
            resumed.Apply(batch);
            if (random.Next(10) == 0)
                resumed = ProducerState.Decode(resumed.Encode(), Day)!;
        }

        Assert.Equal(kept.Encode(), resumed.Encode());
    }

    [Fact]
    public void Decode_OfDamagedSnapshots_RefusesAndNeverThrows()
    {
        var random = new Random(1);
        for (var i = 0; i < 20; i++)
            Apply(i, 0, 0);
        var good = _state.Encode();
        for (var i = 0; i < good.Length; i++)
            Assert.Null(ProducerState.Decode(good.AsSpan(0, i), Day));
        for (var i = 0; i < 10_000; i++)
        {
            var bad = (byte[])good.Clone();
            bad[random.Next(bad.Length)] = (byte)random.Next(256);
            ProducerState.Decode(bad, Day);
        }
    }

    [Fact]
    public void Decode_OfANegativeNumberOfProducers_Refuses()
    {
        var bytes = new ProducerState(Day).Encode();
        Assert.NotNull(ProducerState.Decode(bytes, Day));
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(10), -1);
        Assert.Null(ProducerState.Decode(bytes, Day));
    }
}
