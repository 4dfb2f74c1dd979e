using ManagedLog.Engine.Log;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Tests.Log;

/// <summary>
/// What one block may hold of a producer that numbers its batches: decided on a view that may be old, and for all requests of the block together.
/// </summary>
public sealed class SequenceGateTests
{
    private readonly ProducerState _state = new(TimeSpan.FromDays(1));
    private readonly List<PendingAppend> _later = [];

    [Fact]
    public void Pass_OfAGapByAnOldView_AsksForALookAndAnswersNobody()
    {
        Stands(0);
        var gap = Request(5);

        Assert.False(SequenceGate.Pass([gap], _state, _later, isFresh: false));

        Assert.False(gap.IsAnswered);
    }

    [Fact]
    public void Pass_OfAnUnknownProducerByAnOldView_AsksForALook() => Assert.False(SequenceGate.Pass([Request(5)], _state, _later, isFresh: false));

    [Theory]
    [InlineData(true, ErrorCode.OutOfOrderSequenceNumber)]
    [InlineData(false, ErrorCode.UnknownProducerId)]
    public async Task Pass_OfAGapByAFreshView_Refuses(bool isKnown, ErrorCode expected)
    {
        if (isKnown)
            Stands(0);
        var gap = Request(5);
        var block = new List<PendingAppend> { gap };

        Assert.True(SequenceGate.Pass(block, _state, _later, isFresh: true));

        Assert.Equal(expected, (await gap.Answer).Refusal?.Code);
        Assert.Empty(block);
    }

    [Fact]
    public async Task Pass_OfARetryBehindItsSuccessor_AnswersItAsBefore()
    {
        Stands(0);
        var next = Request(1);
        var retry = Request(0);
        var block = new List<PendingAppend> { next, retry };

        Assert.True(SequenceGate.Pass(block, _state, _later, isFresh: true));

        Assert.Equal(0, (await retry.Answer).Value.Batches[0].BaseOffset);
        Assert.Equal([next], block);
    }

    [Fact]
    public void BeginTry_WhenSomebodysTimeRanOut_SendsNothingUntilItsFollowersAreJudgedAgain()
    {
        var expired = Request(0, take: false);
        var follower = Request(1);
        var resolution = new AppendResolution(ProtocolRules.All);
        resolution.Begin([expired, follower]);

        Assert.False(resolution.BeginTry());

        Assert.Equal([follower], resolution.Block);
        Assert.False(follower.MayStand);
        Assert.False(resolution.Pass(_state, _later, isFresh: false));
    }

    [Fact]
    public void DropAnswered_OfOneThatMayStand_KeepsItWhileItsFollowerMayStandToo()
    {
        var unknown = Request(0);
        var follower = Request(1);
        var resolution = new AppendResolution(ProtocolRules.All);
        resolution.Begin([unknown, follower]);
        Assert.True(resolution.BeginTry());
        unknown.GiveUpUnknown();

        resolution.DropAnswered();
        Assert.Equal([unknown, follower], resolution.Block);

        follower.GiveUpUnknown();
        resolution.DropAnswered();
        Assert.Empty(resolution.Block);
    }

    private void Stands(int sequence) => _state.Apply(Request(sequence).Headers[0] with { BaseOffset = sequence });

    private static PendingAppend Request(int sequence, bool take = true)
    {
        var batch = LogFixture.Batch("value");
        RecordBatchPatch.SetIdentity(batch.Span, new BatchIdentity(new ProducerIdentity(7, 0), sequence));
        RecordBatchPatch.SealCrc(batch.Span);
        RecordBatchHeader.TryRead(batch.Span, out var header);
        var request = new PendingAppend([batch], [header], "test", TimeSpan.FromSeconds(1));
        if (take)
            request.TryTake();
        return request;
    }
}
