using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Simulation.Judging;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>Every structural invariant has a log, written by hand, in which it alone is broken, and which is recognised.</summary>
public sealed class LogImageReaderTests
{
    private static readonly BatchIdentity s_first = new(new ProducerIdentity(7, 0), 0);
    private readonly LogForge _forge = new();

    [Fact]
    public async Task Read_OfASoundLog_FindsNothingAndAllBatches()
    {
        var image = await _forge.ReadAsync();

        Assert.Empty(image.Violations);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6], image.Batches.Select(b => b.BaseOffset));
        Assert.Equal(7, image.EndOffset);
        Assert.Equal(TailState.Open, image.Tail);
    }

    [Fact]
    public async Task Read_OfASealedActiveSegment_SaysSo()
    {
        Change(2, s => s with { IsSealed = true });

        var image = await _forge.ReadAsync();

        Assert.Empty(image.Violations);
        Assert.Equal(TailState.Sealed, image.Tail);
    }

    [Fact]
    public async Task Read_OfASegmentThatCanTakeNoMoreBlocks_NeedsNoSeal()
    {
        Change(1, s => s with { IsSealed = false, IsFull = true });

        Assert.Empty((await _forge.ReadAsync()).Violations);
    }

    [Fact]
    public async Task Read_OfAnEmptyPredecessorThatIsNotChained_FindsNothing()
    {
        Change(2, s => s with { Predecessor = LogForge.Id(99) });

        Assert.Empty((await _forge.ReadAsync()).Violations);
    }

    [Fact]
    public Task Chain_WithAGap_IsFound() => FindsAsync(1, s => s with { IsUnchained = true }, "I11", "the chain ends at 3");

    [Fact]
    public Task Chain_ThatOverlaps_IsFound() => FindsAsync(1, s => s with { ChainedBase = 2 }, "I11", "goes on at 2 where 3 should be");

    [Fact]
    public Task Chain_WithAnEmptySegment_IsFound() =>
        FindsAsync(1, s => s with { Batches = [], ChainedEnd = 3, ChainedTimestamp = -1 }, "I11", "though it is empty (R2)");

    [Fact]
    public Task Chain_OfAMissingBlob_IsFound() => FindsAsync(0, s => s with { IsMissing = true }, "I11", "does not exist");

    [Fact]
    public Task Chain_WithoutAHead_IsFound() => FindsAsync(2, s => s with { IsActive = false, IsUnchained = true }, "I11", "no head");

    [Fact]
    public Task Chain_BeyondTheBatches_IsFound() =>
        FindsAsync(1, s => s with { Batches = [LogForge.Batch(3)], ChainedEnd = 5 }, "I11", "holds batches up to 4, the chain says 5");

    [Fact]
    public Task Chain_BelowTheBatches_IsFound() =>
        FindsAsync(1, s => s with { Batches = [.. s.Batches, LogForge.Batch(5)], ChainedEnd = 5 }, "I11", "goes on to 6");

    [Fact]
    public Task Chain_WithTheWrongPosition_IsFound() => FindsAsync(1, s => s with { ChainedBytes = 1 }, "I11", "the chain says 1");

    [Fact]
    public Task Chain_WithTheWrongTimestamp_IsFound() => FindsAsync(1, s => s with { ChainedTimestamp = 1 }, "I12", "as the largest timestamp");

    [Fact]
    public Task Segment_ThatIsChainedButNotSealed_IsFound() => FindsAsync(1, s => s with { IsSealed = false }, "I11", "not sealed");

    [Fact]
    public Task Segment_ThatIsSealedElsewhere_IsFound() => FindsAsync(1, s => s with { SealedEnd = 4 }, "I11", "sealed at 4");

    [Fact]
    public Task Segment_WithAnothersSeal_IsFound() => FindsAsync(1, s => s with { SealedSegment = LogForge.Id(99) }, "I11", "is another's");

    [Fact]
    public Task Segment_WithAnothersHeader_IsFound() => FindsAsync(1, s => s with { HeaderSegment = LogForge.Id(99) }, "I11", "its own header");

    [Fact]
    public Task Segment_ThatForgetsItsPredecessor_IsFound() => FindsAsync(1, s => s with { Predecessor = SegmentId.None }, "I11", "names no predecessor");

    [Fact]
    public Task Segment_ThatGoesOnBehindItsSeal_IsFound() => FindsAsync(1, s => s with { BehindTheSeal = LogForge.Batch(5) }, "I11", "behind its seal");

    [Fact]
    public Task Segment_WithATornBatch_IsFound() => FindsAsync(2, s => s with { Batches = [s.Batches[0], s.Batches[1][..^1]] }, "I2", "no whole frame");

    [Theory]
    [InlineData(false, TailState.Open)]
    [InlineData(true, TailState.Sealed)]
    public async Task Segment_OfADeletedPartition_TakesAppendsWhileItIsOpen_AndNotWhenALateCreationBroughtBackItsNameAlone(bool isEmptyBlob, object expected)
    {
        _forge.State = PartitionState.Deleting;
        Change(2, s => s with { IsEmptyBlob = isEmptyBlob });
        Assert.Equal(expected, (await _forge.ReadAsync()).Tail);
    }

    [Fact]
    public Task Segment_WithADamagedBatch_IsFound() => FindsAsync(
        2,
        s =>
        {
            s.Batches[1][^2] ^= 1;
            return s;
        },
        "I2",
        "no whole frame");

    [Fact]
    public Task Segment_WithAGapInItsOffsets_IsFound() => FindsAsync(2, s => s with { Batches = [LogForge.Batch(5), LogForge.Batch(7)] }, "I3", "offset 7");

    [Fact]
    public Task Segment_WithAnOffsetTwice_IsFound() => FindsAsync(2, s => s with { Batches = [LogForge.Batch(5), LogForge.Batch(5)] }, "I3", "offset 5");

    [Fact]
    public Task Segment_WithABatchOfAnotherEpoch_IsFound() =>
        FindsAsync(2, s => s with { Batches = [LogForge.Batch(5, epoch: 3)] }, "I7", "another leader epoch");

    [Fact]
    public async Task Segments_WhoseEpochsDecrease_AreFound()
    {
        Change(1, s => s with { Epoch = 4, Batches = [LogForge.Batch(3, epoch: 4), LogForge.Batch(4, epoch: 4)] });

        Assert.Equal("I1", Assert.Single((await _forge.ReadAsync()).Violations).Invariant);
    }

    [Fact]
    public async Task Producer_WhoseSequencesFollow_IsSound()
    {
        Change(1, s => s with { Batches = [LogForge.Batch(3, identity: s_first), LogForge.Batch(4, identity: s_first with { BaseSequence = 1 })] });

        Assert.Empty((await _forge.ReadAsync()).Violations);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public Task Producer_WhoseSequenceIsRepeatedOrMissing_IsFound(int second) => FindsAsync(
        1,
        s => s with { Batches = [LogForge.Batch(3, identity: s_first), LogForge.Batch(4, identity: s_first with { BaseSequence = second })] },
        "I6",
        $"has sequence {second}");

    private async Task FindsAsync(int segment, Func<ForgedSegment, ForgedSegment> change, string invariant, string finding)
    {
        Change(segment, change);

        var image = await _forge.ReadAsync();

        Assert.Contains(image.Violations, v => v.Invariant == invariant && v.Finding.Contains(finding, StringComparison.Ordinal));
    }

    private void Change(int segment, Func<ForgedSegment, ForgedSegment> change) => _forge.Segments[segment] = change(_forge.Segments[segment]);
}
