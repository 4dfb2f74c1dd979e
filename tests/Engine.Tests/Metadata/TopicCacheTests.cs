using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;
using static ManagedLog.Engine.Tests.Metadata.MetadataFixture;

namespace ManagedLog.Engine.Tests.Metadata;

/// <summary>What FindAsync remembers, for how long, and what it costs.</summary>
public sealed class TopicCacheTests
{
    [Fact]
    public void Find_WhenFoundLessThanFiveSecondsAgo_CostsNothing() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        Accepted(await fixture.Catalog.FindAsync("a", default));

        await fixture.WaitAsync(TimeSpan.FromSeconds(5));
        Accepted(await fixture.Catalog.FindAsync("a", default));
        Assert.Equal("ReadRow=1", fixture.Calls.Snapshot().ToString());

        await fixture.WaitAsync(TimeSpan.FromMilliseconds(1));
        Accepted(await fixture.Catalog.FindAsync("a", default));
        Assert.Equal("ReadRow=2", fixture.Calls.Snapshot().ToString());
    });

    [Fact]
    public void Find_WhenAnotherInstanceChangedTheTopic_SeesItWithinFiveSeconds() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        Accepted(await fixture.Another().CreateAsync(Asked("b"), default));
        Accepted(await fixture.Catalog.FindAsync("a", default));
        Accepted(await fixture.Catalog.FindAsync("b", default));
        Accepted(await fixture.Another().GrowAsync("a", 2, default));
        await fixture.DeleteAsync("b");

        await fixture.WaitAsync(TimeSpan.FromMilliseconds(5_001));

        Assert.Equal(2, Accepted(await fixture.Catalog.FindAsync("a", default)).Partitions);
        Refused(ErrorCode.UnknownTopicOrPartition, await fixture.Catalog.FindAsync("b", default));
    });

    [Fact]
    public void Find_WhenTheReadIsSlow_CountsItsAgeFromWhenTheReadBegan() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        fixture.Faults.On(StorageVerb.ReadRow, Fault.After(() => fixture.WaitAsync(TimeSpan.FromSeconds(6))));
        Accepted(await fixture.Catalog.FindAsync("a", default));

        Accepted(await fixture.Catalog.FindAsync("a", default));

        Assert.Equal("ReadRow=2", fixture.Calls.Snapshot().ToString());
    });

    [Fact]
    public void Find_WhenTheTopicIsNotThere_IsNeverRemembered() => Run(async fixture =>
    {
        Refused(ErrorCode.UnknownTopicOrPartition, await fixture.Catalog.FindAsync("a", default));
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));

        Accepted(await fixture.Catalog.FindAsync("a", default));
    });

    [Fact]
    public void Find_WhenManyMissTheSameTopic_ShareOneRead() => Run(async fixture =>
    {
        var topic = Accepted(await fixture.Another().CreateAsync(Asked("a"), default));

        var found = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => fixture.Catalog.FindAsync("a", default).AsTask()));

        Assert.All(found, result => Assert.Equal(topic, Accepted(result)));
        Assert.Equal("ReadRow=1", fixture.Calls.Snapshot().ToString());
    });

    [Fact]
    public void Find_WhenManyAskForAMissingTopic_ShareTwoReadsAtMost() => Run(async fixture =>
    {
        var found = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => fixture.Catalog.FindAsync("a", default).AsTask()));

        Assert.All(found, result => Refused(ErrorCode.UnknownTopicOrPartition, result));
        Assert.Equal("ReadRow=2", fixture.Calls.Snapshot().ToString());
    });

    [Fact]
    public void Find_WhenItJoinsAReadThatBeganBeforeTheTopicWasCreated_ReadsAgain() => Run(async fixture =>
    {
        var answer = new TaskCompletionSource();
        var hasRead = new TaskCompletionSource();
        fixture.Faults.On(StorageVerb.ReadRow, Fault.After(() =>
        {
            hasRead.SetResult();
            return answer.Task;
        }));
        var early = fixture.Catalog.FindAsync("a", default).AsTask();
        await hasRead.Task;
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        var late = fixture.Catalog.FindAsync("a", default).AsTask();

        answer.SetResult();

        Refused(ErrorCode.UnknownTopicOrPartition, await early);
        Accepted(await late);
    });

    [Fact]
    public void Find_WhenTheTopicIsDeletedHereDuringARead_DoesNotRememberThatRead() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        var answer = new TaskCompletionSource();
        var hasRead = new TaskCompletionSource();
        fixture.Faults.On(StorageVerb.ReadRow, Fault.After(() =>
        {
            hasRead.SetResult();
            return answer.Task;
        }));
        var reading = fixture.Catalog.FindAsync("a", default).AsTask();
        await hasRead.Task;

        Accepted(await fixture.Catalog.MarkDeletingAsync("a", default));
        answer.SetResult();

        Accepted(await reading);
        Refused(ErrorCode.UnknownTopicOrPartition, await fixture.Catalog.FindAsync("a", default));
    });

    [Fact]
    public void Find_WhenForgotten_ReadsAgain() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        Accepted(await fixture.Catalog.FindAsync("a", default));
        await fixture.DeleteAsync("a");

        fixture.Catalog.Forget("a");

        Refused(ErrorCode.UnknownTopicOrPartition, await fixture.Catalog.FindAsync("a", default));
    });

    [Fact]
    public void Find_WhenOneOfThoseWhoWaitIsCancelled_TheOthersGetTheirAnswer() => Run(async fixture =>
    {
        var topic = Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        var answer = new TaskCompletionSource();
        fixture.Faults.On(StorageVerb.ReadRow, Fault.Before(() => answer.Task));
        using var source = new CancellationTokenSource();
        var first = fixture.Catalog.FindAsync("a", source.Token).AsTask();
        var second = fixture.Catalog.FindAsync("a", default).AsTask();

        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answer.SetResult();

        Assert.Equal(topic, Accepted(await second));
        Assert.Equal("ReadRow=1", fixture.Calls.Snapshot().ToString());
    });

    [Fact]
    public void Find_WhenTheRowIsOfALaterFormat_ThrowsAndReadsAgainNextTime() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        var key = Engine.Metadata.StorageLayout.TopicRowKey("a");
        await SetFormatAsync(2);
        await Assert.ThrowsAsync<InvalidDataException>(() => fixture.Catalog.FindAsync("a", default).AsTask());
        await SetFormatAsync(1);

        Accepted(await fixture.Catalog.FindAsync("a", default));

        async Task SetFormatAsync(int format)
        {
            var batch = new RowBatch("topics").Merge(key, new Dictionary<string, RowValue> { ["Format"] = format }, null);
            Assert.True((await fixture.Twin.CommitRowsAsync("topics", batch, default)).IsDone);
        }
    });
}
