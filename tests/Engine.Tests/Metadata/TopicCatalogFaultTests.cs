using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;
using static ManagedLog.Engine.Tests.Metadata.MetadataFixture;

namespace ManagedLog.Engine.Tests.Metadata;

/// <summary>Each change of a topic with a fault at its write, before the effect and after it, once and for good, and with late landings.</summary>
public sealed class TopicCatalogFaultTests
{
    public static TheoryData<string> PassingFaults() => [nameof(Fault.LostRequest), nameof(Fault.LostReply), nameof(Fault.Throttled)];

    [Theory]
    [MemberData(nameof(PassingFaults))]
    public void Create_WhenOneWriteFails_CreatesTheTopicOnce(string fault) => Run(async fixture =>
    {
        fixture.Faults.On(StorageVerb.CommitRows, Named(fault));

        var created = Accepted(await fixture.Catalog.CreateAsync(Asked("a.b", 2), default));

        Assert.Equal([created], Accepted(await fixture.Another().ListAsync(default)));
        Assert.Equal(3, (await fixture.TopicRowKeysAsync()).Count);
        Assert.True(fixture.Faults.IsSpent);
    });

    [Theory]
    [MemberData(nameof(PassingFaults))]
    public void Grow_WhenOneWriteFails_Grows(string fault) => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        fixture.Faults.On(StorageVerb.CommitRows, Named(fault));

        Assert.Equal(4, Accepted(await fixture.Catalog.GrowAsync("a", 4, default)).Partitions);

        Assert.Equal(4, Accepted(await fixture.Another().FindAsync("a", default)).Partitions);
        Assert.True(fixture.Faults.IsSpent);
    });

    [Theory]
    [MemberData(nameof(PassingFaults))]
    public void Delete_WhenOneWriteOfEachStepFails_EndsOnce(string fault) => Run(async fixture =>
    {
        var topic = Accepted(await fixture.Another().CreateAsync(Asked("a"), default));

        fixture.Faults.On(StorageVerb.CommitRows, Named(fault));
        Assert.Equal(topic, Accepted(await fixture.Catalog.MarkDeletingAsync("a", default)));
        Assert.True(fixture.Faults.IsSpent);
        Assert.Equal(topic, Accepted(await fixture.Another().FindDeletingAsync("a", default)));

        fixture.Faults.On(StorageVerb.CommitRows, Named(fault));
        Accepted(await fixture.Catalog.FinishDeletionAsync(topic, default));
        Assert.True(fixture.Faults.IsSpent);
        Assert.Equal([StorageLayout.DeletedTopicRowKey(topic.Id), StorageLayout.TopicIdRowKey(topic.Id)], await fixture.TopicRowKeysAsync());
    });

    [Theory]
    [InlineData("create")]
    [InlineData("grow")]
    [InlineData("configure")]
    [InlineData("mark")]
    [InlineData("finish")]
    public void Change_WhenStorageStaysBusy_SaysThatNothingWasChangedAndItIsTrue(string change) => Run(async fixture =>
    {
        var topic = await ArrangeAsync(fixture, change);
        var rows = await fixture.TopicRowKeysAsync();
        fixture.Faults.On(StorageVerb.CommitRows, Fault.Throttled, times: WriteTries.MaxFailures);

        var refusal = await ChangeAsync(fixture.Catalog, change, topic);

        Assert.Equal(ErrorCode.KafkaStorageError, refusal?.Code);
        Assert.Contains("Nothing was changed", refusal!.Message, StringComparison.Ordinal);
        Assert.True(fixture.Faults.IsSpent);
        Assert.Equal(rows, await fixture.TopicRowKeysAsync());
        Assert.Null(await ChangeAsync(fixture.Catalog, change, topic));
    });

    [Theory]
    [InlineData("create")]
    [InlineData("grow")]
    [InlineData("configure")]
    [InlineData("mark")]
    [InlineData("finish")]
    public void Change_WhenStorageNeverAnswers_SaysThatTheOutcomeIsUnknown(string change) => Run(async fixture =>
    {
        var topic = await ArrangeAsync(fixture, change);
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LostRequest, times: 100);

        var refusal = await ChangeAsync(fixture.Catalog, change, topic);

        Assert.Equal(ErrorCode.RequestTimedOut, refusal?.Code);
        Assert.Contains("unknown", refusal!.Message, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("create")]
    [InlineData("grow")]
    [InlineData("configure")]
    [InlineData("mark")]
    [InlineData("finish")]
    public void Change_WhenItHappenedAndNothingAnswersAfter_SaysThatTheOutcomeIsUnknownAndMayBeAskedAgain(string change) => Run(async fixture =>
    {
        var topic = await ArrangeAsync(fixture, change);
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LostReply);
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LostRequest, occurrence: 2, times: 50);
        fixture.Faults.On(StorageVerb.ReadRow, Fault.LostRequest, occurrence: 2, times: 50);

        var refusal = await ChangeAsync(fixture.Catalog, change, topic);

        Assert.Equal(ErrorCode.RequestTimedOut, refusal?.Code);
        var again = await ChangeAsync(fixture.Another(), change, topic);
        var expected = change switch
        {
            "create" => ErrorCode.TopicAlreadyExists,
            "grow" => ErrorCode.InvalidPartitions,
            _ => ErrorCode.None,
        };
        Assert.Equal(expected, again?.Code ?? ErrorCode.None);
    });

    [Fact]
    public void Create_WhenItsRequestsAreLostButStorageAnswersAgain_SaysThatNothingWasChanged() => Run(async fixture =>
    {
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LostRequest, times: WriteTries.MaxFailures);

        var result = await fixture.Catalog.CreateAsync(Asked("a"), default);

        Refused(ErrorCode.KafkaStorageError, result);
        Refused(ErrorCode.UnknownTopicOrPartition, await fixture.Another().FindAsync("a", default));
        Accepted(await fixture.Catalog.CreateAsync(Asked("a"), default));
    });

    [Fact]
    public void Create_WhenOnlyTheLastAnswersAreLost_SettlesThatItHappened() => Run(async fixture =>
    {
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LostRequest, times: WriteTries.MaxFailures - 1);
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LostReply, occurrence: WriteTries.MaxFailures);

        var created = Accepted(await fixture.Catalog.CreateAsync(Asked("a"), default));

        Assert.Equal(created, Accepted(await fixture.Another().FindAsync("a", default)));
    });

    [Fact]
    public void Create_WhenATryLandsAfterTheTopicWasDeleted_DoesNotBringItBack() => Run(async fixture =>
    {
        var landing = new TaskCompletionSource();
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LateUntil(landing.Task));
        Accepted(await fixture.Catalog.CreateAsync(Asked("a"), default));
        await fixture.DeleteAsync("a");
        var rows = await fixture.TopicRowKeysAsync();

        landing.SetResult();
        await fixture.Network.LandedAsync();

        Assert.Equal(rows, await fixture.TopicRowKeysAsync());
        Refused(ErrorCode.UnknownTopicOrPartition, await fixture.Another().FindAsync("a", default));
    });

    [Fact]
    public void Create_WhenRefusedAfterATryThatIsStillUnderWay_NeverHappens() => Run(async fixture =>
    {
        // The first try is under way for a long time; meanwhile another instance creates the topic, so the answer is no; then that topic goes, and the try lands.
        var landing = new TaskCompletionSource();
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LateUntil(landing.Task));
        fixture.Faults.On(StorageVerb.CommitRows, Fault.Before(async () => Accepted(await fixture.Another().CreateAsync(Asked("a"), default))), occurrence: 2);
        Refused(ErrorCode.TopicAlreadyExists, await fixture.Catalog.CreateAsync(Asked("a"), default));
        await fixture.DeleteAsync("a");

        landing.SetResult();
        await fixture.Network.LandedAsync();

        Refused(ErrorCode.UnknownTopicOrPartition, await fixture.Another().FindAsync("a", default));
        Assert.True(fixture.Faults.IsSpent);
    });

    [Fact]
    public void Create_WhenItHappenedAndWasDeletedBeforeItsAnswer_IsNotDoneAgain() => Run(async fixture =>
    {
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LostReply);
        fixture.Faults.On(StorageVerb.CommitRows, Fault.Before(() => fixture.DeleteAsync("a")), occurrence: 2);

        var created = Accepted(await fixture.Catalog.CreateAsync(Asked("a"), default));

        Assert.Equal("CommitRows=2", fixture.Calls.Snapshot().ToString());
        Assert.Equal([StorageLayout.DeletedTopicRowKey(created.Id), StorageLayout.TopicIdRowKey(created.Id)], await fixture.TopicRowKeysAsync());
    });

    [Fact]
    public void Create_WhenWhatStoodInTheWayIsGoneAgain_TriesAgain() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a_b"), default));
        fixture.Faults.On(StorageVerb.ReadRow, Fault.Before(() => fixture.DeleteAsync("a_b")));

        var created = Accepted(await fixture.Catalog.CreateAsync(Asked("a.b"), default));

        Assert.Equal([created], Accepted(await fixture.Another().ListAsync(default)));
    });

    [Fact]
    public void Grow_WhenATryLandsLate_ChangesNothingAnyMore() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        var landing = new TaskCompletionSource();
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LateUntil(landing.Task));
        Accepted(await fixture.Catalog.GrowAsync("a", 3, default));
        Accepted(await fixture.Another().GrowAsync("a", 7, default));

        landing.SetResult();
        await fixture.Network.LandedAsync();

        Assert.Equal(7, Accepted(await fixture.Another().FindAsync("a", default)).Partitions);
    });

    [Fact]
    public void Grow_WhenItHappenedAndAnotherGrewFurther_IsASuccess() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LostReply);
        fixture.Faults.On(StorageVerb.ReadRow, Fault.Before(async () => Accepted(await fixture.Another().GrowAsync("a", 9, default))), occurrence: 2);

        Assert.Equal(9, Accepted(await fixture.Catalog.GrowAsync("a", 3, default)).Partitions);
        Assert.True(fixture.Faults.IsSpent);
    });

    [Fact]
    public void Mark_WhenTheTopicWasDeletedAndCreatedAgainMeanwhile_LeavesTheNewOne() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        fixture.Faults.On(StorageVerb.CommitRows, Fault.Before(async () =>
        {
            await fixture.DeleteAsync("a");
            Accepted(await fixture.Another().CreateAsync(Asked("a", 2), default));
        }));

        Refused(ErrorCode.UnknownTopicOrPartition, await fixture.Catalog.MarkDeletingAsync("a", default));

        Assert.Equal(2, Accepted(await fixture.Another().FindAsync("a", default)).Partitions);
    });

    [Fact]
    public void Mark_WhenGrownMeanwhile_AnswersThePartitionsThereAre() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        fixture.Faults.On(StorageVerb.CommitRows, Fault.Before(async () => Accepted(await fixture.Another().GrowAsync("a", 8, default))));

        Assert.Equal(8, Accepted(await fixture.Catalog.MarkDeletingAsync("a", default)).Partitions);
    });

    [Fact]
    public void Reads_WhenStorageDoesNotAnswer_AreRefusedAndNotRemembered() => Run(async fixture =>
    {
        var topic = Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        fixture.Faults.On(StorageVerb.ReadRow, Fault.LostRequest, times: 2 * RetryingBackend.MaxTries);
        fixture.Faults.On(StorageVerb.QueryRows, Fault.Throttled, times: RetryingBackend.MaxTries);

        Refused(ErrorCode.KafkaStorageError, await fixture.Catalog.FindAsync("a", default));
        Refused(ErrorCode.KafkaStorageError, await fixture.Catalog.FindDeletingAsync("a", default));
        Refused(ErrorCode.KafkaStorageError, await fixture.Catalog.ListAsync(default));

        Assert.True(fixture.Faults.IsSpent);
        Assert.Equal(topic, Accepted(await fixture.Catalog.FindAsync("a", default)));
    });

    internal static Fault Named(string name) => name switch
    {
        nameof(Fault.LostRequest) => Fault.LostRequest,
        nameof(Fault.LostReply) => Fault.LostReply,
        nameof(Fault.Throttled) => Fault.Throttled,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such fault."),
    };

    /// <summary>What has to be there before the change; the topic that it concerns, if it is there.</summary>
    private static async Task<Topic?> ArrangeAsync(MetadataFixture fixture, string change)
    {
        if (change == "create")
            return null;
        var topic = Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        return change == "finish" ? Accepted(await fixture.Another().MarkDeletingAsync("a", default)) : topic;
    }

    private static async Task<Refusal?> ChangeAsync(TopicCatalog catalog, string change, Topic? topic) => change switch
    {
        "create" => (await catalog.CreateAsync(Asked("a"), default)).Refusal,
        "grow" => (await catalog.GrowAsync("a", 5, default)).Refusal,
        "configure" => (await catalog.ConfigureAsync("a", new Dictionary<string, string?> { ["linger.ms"] = "7" }, false, _ => ValueTask.CompletedTask, default)).Refusal,
        "mark" => (await catalog.MarkDeletingAsync("a", default)).Refusal,
        "finish" => (await catalog.FinishDeletionAsync(topic!, default)).Refusal,
        _ => throw new ArgumentOutOfRangeException(nameof(change), change, "No such change."),
    };
}
