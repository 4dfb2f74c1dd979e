using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Errors;
using static ManagedLog.Engine.Tests.Metadata.MetadataFixture;

namespace ManagedLog.Engine.Tests.Metadata;

public sealed class TopicCatalogTests
{
    [Fact]
    public void Create_WhenNothingIsInTheWay_IsFoundByEveryInstanceAsItWasAnswered() => Run(async fixture =>
    {
        var created = Accepted(await fixture.Catalog.CreateAsync(Asked("orders", 3, ("linger.ms", "0"), ("retention.ms", null)), default));

        Assert.Equal(("orders", 3), (created.Name, created.Partitions));
        Assert.Equal(fixture.Time.GetUtcNow(), created.CreatedAt);
        Assert.Equal("0", Assert.Single(created.Config.Overrides).Value);
        Assert.Equal(created, Accepted(await fixture.Catalog.FindAsync("orders", default)));
        Assert.Equal(created, Accepted(await fixture.Another().FindAsync("orders", default)));
        Assert.Equal([created], Accepted(await fixture.Another().ListAsync(default)));
    });

    [Fact]
    public void Create_WhenNothingIsAskedForButTheName_HasOnePartitionAndNoConfigs() => Run(async fixture =>
    {
        var created = Accepted(await fixture.Catalog.CreateAsync(Asked("a"), default));

        Assert.Equal(1, created.Partitions);
        Assert.Equal(TopicConfig.Default, created.Config);
    });

    [Fact]
    public void Create_WhenAccepted_CostsOneStorageOperation() => Run(async fixture =>
    {
        var before = fixture.Calls.Snapshot();

        Accepted(await fixture.Catalog.CreateAsync(Asked("a"), default));

        Assert.Equal("CommitRows=1", fixture.Calls.Since(before).ToString());
    });

    public static TheoryData<NewTopic, ErrorCode, string> WrongTopics() => new()
    {
        { Asked("a b"), ErrorCode.InvalidTopicException, "character 2" },
        { Asked("a", 0), ErrorCode.InvalidPartitions, "from 1 to 1000" },
        { Asked("a", 1001), ErrorCode.InvalidPartitions, "from 1 to 1000" },
        { Asked("a") with { ReplicationFactor = 2 }, ErrorCode.InvalidReplicationFactor, "must be 1" },
        { Asked("a") with { ReplicationFactor = 0 }, ErrorCode.InvalidReplicationFactor, "must be 1" },
        { Asked("a", 1, ("no.such", "1")), ErrorCode.InvalidConfig, "no.such" },
        { Asked("a", 1, ("linger.ms", "x")), ErrorCode.InvalidConfig, "linger.ms" },
        { Asked("a", 1, ("min.insync.replicas", "2")), ErrorCode.InvalidConfig, "replication factor" },
    };

    [Theory]
    [MemberData(nameof(WrongTopics))]
    public void Create_WhenTheRequestIsWrong_IsRefusedNamingTheLimitWithoutAskingStorage(NewTopic asked, ErrorCode code, string limit) => Run(async fixture =>
    {
        var result = await fixture.Catalog.CreateAsync(asked, default);

        Refused(code, result);
        Assert.Contains(limit, result.Refusal!.Message, StringComparison.Ordinal);
        Assert.Empty(fixture.Calls.Calls);
    });

    [Fact]
    public void Create_WhenTheTopicExists_IsRefusedAndKeepsIt() => Run(async fixture =>
    {
        var first = Accepted(await fixture.Another().CreateAsync(Asked("a", 2), default));
        var rows = await fixture.TopicRowKeysAsync();

        Refused(ErrorCode.TopicAlreadyExists, await fixture.Catalog.CreateAsync(Asked("a", 5), default));

        Assert.Equal(first, Accepted(await fixture.Catalog.FindAsync("a", default)));
        Assert.Equal(rows, await fixture.TopicRowKeysAsync());
    });

    [Fact]
    public void Create_WhenTheNameClashes_IsRefusedNamingTheOther() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a.b_c"), default));
        var rows = await fixture.TopicRowKeysAsync();

        var result = await fixture.Catalog.CreateAsync(Asked("a_b.c"), default);

        Refused(ErrorCode.TopicAlreadyExists, result);
        Assert.Contains("'a.b_c'", result.Refusal!.Message, StringComparison.Ordinal);
        Assert.Equal(rows, await fixture.TopicRowKeysAsync());
        Refused(ErrorCode.UnknownTopicOrPartition, await fixture.Catalog.FindAsync("a_b.c", default));
    });

    [Fact]
    public void Create_WhenSeveralInstancesRaceForClashingNames_OneWins() => Run(async fixture =>
    {
        string[] names = ["a.b", "a_b", "a.b", "a_b"];
        var results = await Task.WhenAll(names.Select(name => fixture.Another().CreateAsync(Asked(name), default).AsTask()));

        Assert.Single(results, result => !result.IsRefused);
        Assert.Single(Accepted(await fixture.Another().ListAsync(default)));
    });

    [Fact]
    public void Create_WhenOnlyValidated_AnswersAsItWouldAndChangesNothing() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a.b"), default));
        var rows = await fixture.TopicRowKeysAsync();

        var valid = Accepted(await fixture.Catalog.CreateAsync(Asked("new", 4) with { ValidateOnly = true }, default));
        Refused(ErrorCode.TopicAlreadyExists, await fixture.Catalog.CreateAsync(Asked("a.b") with { ValidateOnly = true }, default));
        Refused(ErrorCode.TopicAlreadyExists, await fixture.Catalog.CreateAsync(Asked("a_b") with { ValidateOnly = true }, default));
        Refused(ErrorCode.InvalidPartitions, await fixture.Catalog.CreateAsync(Asked("new", 0) with { ValidateOnly = true }, default));

        Assert.Equal(("new", 4), (valid.Name, valid.Partitions));
        Assert.Equal(rows, await fixture.TopicRowKeysAsync());
    });

    [Fact]
    public void List_WhateverTheNames_HasThemAllByNameOverSeveralPages() => Run(async fixture =>
    {
        string[] names = ["...", "-a", ".a", "0", "9", "A", "Z", "__audit", "a", "z", "zz", "topic-a"];
        foreach (var name in names)
            Accepted(await fixture.Catalog.CreateAsync(Asked(name), default));

        var listed = Accepted(await fixture.Catalog.ListAsync(default));

        Assert.Equal(names.Order(StringComparer.Ordinal), listed.Select(topic => topic.Name));
        Assert.Equal(["__audit"], listed.Where(topic => topic.IsInternal).Select(topic => topic.Name));
    });

    [Fact]
    public void Grow_WhenMore_IsSeenByEveryInstanceAndLeavesTheRest() => Run(async fixture =>
    {
        var created = Accepted(await fixture.Catalog.CreateAsync(Asked("a", 2, ("linger.ms", "7")), default));
        Accepted(await fixture.Catalog.FindAsync("a", default));

        var grown = Accepted(await fixture.Catalog.GrowAsync("a", 3, default));

        Assert.Equal(created with { Partitions = 3 }, grown);
        Assert.Equal(grown, Accepted(await fixture.Catalog.FindAsync("a", default)));
        Assert.Equal(grown, Accepted(await fixture.Another().FindAsync("a", default)));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1001)]
    public void Grow_WhenNotMoreOrTooMuch_IsRefusedAndChangesNothing(int partitions) => Run(async fixture =>
    {
        Accepted(await fixture.Catalog.CreateAsync(Asked("a", 2), default));

        Refused(ErrorCode.InvalidPartitions, await fixture.Catalog.GrowAsync("a", partitions, default));

        Assert.Equal(2, Accepted(await fixture.Another().FindAsync("a", default)).Partitions);
    });

    [Theory]
    [InlineData("missing")]
    [InlineData("not/legal")]
    public void Changes_WhenThereIsNoSuchTopic_AreRefused(string name) => Run(async fixture =>
    {
        Refused(ErrorCode.UnknownTopicOrPartition, await fixture.Catalog.FindAsync(name, default));
        Refused(ErrorCode.UnknownTopicOrPartition, await fixture.Catalog.GrowAsync(name, 2, default));
        Refused(ErrorCode.UnknownTopicOrPartition, await fixture.Catalog.MarkDeletingAsync(name, default));
        Assert.Null(Accepted(await fixture.Catalog.FindDeletingAsync(name, default)));
        Assert.Empty(await fixture.TopicRowKeysAsync());
    });

    [Fact]
    public void Grow_WhenInstancesRace_EndsAtTheLargestAndNobodyIsToldLess() => Run(async fixture =>
    {
        Accepted(await fixture.Catalog.CreateAsync(Asked("a"), default));

        var results = await Task.WhenAll(Enumerable.Range(2, 9).Select(count => fixture.Another().GrowAsync("a", count, default).AsTask()));

        Assert.Equal(10, Accepted(await fixture.Another().FindAsync("a", default)).Partitions);
        Assert.All(results.Where(result => result.IsRefused), result => Assert.Equal(ErrorCode.InvalidPartitions, result.Refusal!.Code));
        Assert.False(results[^1].IsRefused);
    });

    [Fact]
    public void Delete_WhenMarked_HidesTheTopicKeepsItsNameAndCanBeResumed() => Run(async fixture =>
    {
        var created = Accepted(await fixture.Catalog.CreateAsync(Asked("a.b", 2), default));
        Accepted(await fixture.Catalog.FindAsync("a.b", default));
        Assert.Null(Accepted(await fixture.Catalog.FindDeletingAsync("a.b", default)));

        Assert.Equal(created, Accepted(await fixture.Catalog.MarkDeletingAsync("a.b", default)));

        Refused(ErrorCode.UnknownTopicOrPartition, await fixture.Catalog.FindAsync("a.b", default));
        Refused(ErrorCode.UnknownTopicOrPartition, await fixture.Another().FindAsync("a.b", default));
        Refused(ErrorCode.UnknownTopicOrPartition, await fixture.Catalog.GrowAsync("a.b", 5, default));
        Assert.Empty(Accepted(await fixture.Catalog.ListAsync(default)));
        var taken = await fixture.Catalog.CreateAsync(Asked("a.b"), default);
        Refused(ErrorCode.TopicAlreadyExists, taken);
        Assert.Contains("being deleted", taken.Refusal!.Message, StringComparison.Ordinal);
        Assert.Equal(created, Accepted(await fixture.Another().FindDeletingAsync("a.b", default)));
        Assert.Equal(created, Accepted(await fixture.Another().FindDeletingAsync("a_b", default)));
        Assert.Equal(created, Accepted(await fixture.Another().MarkDeletingAsync("a.b", default)));
    });

    [Fact]
    public void Delete_WhenFinished_FreesTheNameAndWritesDownWhatIsLeftToDo() => Run(async fixture =>
    {
        var first = Accepted(await fixture.Catalog.CreateAsync(Asked("a.b", 2), default));
        Accepted(await fixture.Catalog.MarkDeletingAsync("a.b", default));
        await fixture.WaitAsync(TimeSpan.FromMinutes(1));

        Accepted(await fixture.Catalog.FinishDeletionAsync(first, default));
        Accepted(await fixture.Another().FinishDeletionAsync(first, default));

        Assert.Equal([StorageLayout.DeletedTopicRowKey(first.Id), StorageLayout.TopicIdRowKey(first.Id)], await fixture.TopicRowKeysAsync());
        var work = DeletedTopicRow.Decode((await fixture.RowsAsync(StorageLayout.TopicsTable, StorageLayout.TopicsPartitionKey))[0]);
        Assert.Equal(new DeletedTopicRow(first.Id, "a.b", 2, fixture.Time.GetUtcNow()), work);
        var second = Accepted(await fixture.Catalog.CreateAsync(Asked("a_b"), default));
        Assert.NotEqual(first.Id, second.Id);
    });

    [Fact]
    public void Delete_WhenTheTopicWasCreatedAgainMeanwhile_LeavesTheNewOne() => Run(async fixture =>
    {
        var first = Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        await fixture.DeleteAsync("a");
        var second = Accepted(await fixture.Another().CreateAsync(Asked("a"), default));

        Accepted(await fixture.Catalog.FinishDeletionAsync(first, default));

        Assert.Equal(second, Accepted(await fixture.Catalog.FindAsync("a", default)));
    });

    [Fact]
    public void Delete_WhenFinishedWithoutBeingMarked_Throws() => Run(async fixture =>
    {
        var topic = Accepted(await fixture.Catalog.CreateAsync(Asked("a"), default));

        await Assert.ThrowsAsync<InvalidOperationException>(() => fixture.Catalog.FinishDeletionAsync(topic, default).AsTask());

        Assert.Equal(topic, Accepted(await fixture.Catalog.FindAsync("a", default)));
    });

    [Fact]
    public void Create_WhenTheTopicWasDeletedByAnotherInstance_IsNotAnsweredFromMemory() => Run(async fixture =>
    {
        Accepted(await fixture.Catalog.CreateAsync(Asked("a"), default));
        Accepted(await fixture.Catalog.FindAsync("a", default));
        await fixture.DeleteAsync("a");

        var second = Accepted(await fixture.Catalog.CreateAsync(Asked("a"), default));

        Assert.Equal(second, Accepted(await fixture.Catalog.FindAsync("a", default)));
    });

    [Fact]
    public void Everything_WhenTheTableIsMissing_IsRefusedOrUnknownButNeverThrows() => Run(async fixture =>
    {
        var unprepared = new TopicCatalog(new InMemoryBackend(fixture.Time), new EngineOptions(), fixture.Time, fixture.Entropy());

        Refused(ErrorCode.KafkaStorageError, await unprepared.CreateAsync(Asked("a"), default));
        Refused(ErrorCode.KafkaStorageError, await unprepared.ListAsync(default));
        Refused(ErrorCode.UnknownTopicOrPartition, await unprepared.FindAsync("a", default));
        Refused(ErrorCode.UnknownTopicOrPartition, await unprepared.GrowAsync("a", 2, default));
    });
}
