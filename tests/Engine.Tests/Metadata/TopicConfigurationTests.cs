using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;
using static ManagedLog.Engine.Tests.Metadata.MetadataFixture;

namespace ManagedLog.Engine.Tests.Metadata;

/// <summary>Changes of a topic's configuration, with faults at their write and others in between.</summary>
public sealed class TopicConfigurationTests
{
    [Fact]
    public void Configure_SetsAndTakesBack_AndEveryInstanceFindsItSo() => Run(async fixture =>
    {
        var created = Accepted(await fixture.Another().CreateAsync(Asked("a", 2, ("linger.ms", "7"), ("retention.ms", "1000")), default));

        var changed = Accepted(await ConfigureAsync(fixture.Catalog, false, ("linger.ms", null), ("segment.ms", "5"), ("segment.bytes", null)));

        Assert.Equal("retention.ms=1000, segment.ms=5", changed.Config.ToString());
        Assert.Equal(created with { Config = changed.Config }, changed);
        Assert.Equal(changed, Accepted(await fixture.Catalog.FindAsync("a", default)));
        Assert.Equal(changed, Accepted(await fixture.Another().FindAsync("a", default)));
    });

    [Fact]
    public void Configure_CostsOneReadAndOneWrite_AndNoWriteWhereNothingChanges() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        var before = fixture.Calls.Snapshot();

        Accepted(await ConfigureAsync(fixture.Catalog, false, ("linger.ms", "7")));
        Assert.Equal("ReadRow=1 CommitRows=1", fixture.Calls.Since(before).ToString());
        Accepted(await ConfigureAsync(fixture.Catalog, false, ("linger.ms", "07"), ("segment.ms", null)));
        Assert.Equal("ReadRow=2 CommitRows=1", fixture.Calls.Since(before).ToString());
    });

    [Theory]
    [InlineData("linger.ms", "soon", "linger.ms")]
    [InlineData("no.such.config", "1", "no.such.config")]
    [InlineData("no.such.config", null, "no.such.config")]
    [InlineData("min.insync.replicas", "2", "replication factor")]
    public void Configure_WhenOneOfThemIsWrong_ChangesNone(string name, string? value, string named) => Run(async fixture =>
    {
        var created = Accepted(await fixture.Another().CreateAsync(Asked("a"), default));

        var result = await ConfigureAsync(fixture.Catalog, false, ("retention.ms", "1"), (name, value));

        Refused(ErrorCode.InvalidConfig, result);
        Assert.Contains(named, result.Refusal!.Message, StringComparison.Ordinal);
        Assert.Equal(created, Accepted(await fixture.Another().FindAsync("a", default)));
    });

    [Fact]
    public void Configure_JudgesTwoConfigsThatBelongTogetherAsTheyWillBe() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a", 1, ("max.compaction.lag.ms", "100")), default));

        Refused(ErrorCode.InvalidConfig, await ConfigureAsync(fixture.Catalog, false, ("min.compaction.lag.ms", "200")));
        var changed = Accepted(await ConfigureAsync(fixture.Catalog, false, ("min.compaction.lag.ms", "200"), ("max.compaction.lag.ms", null)));

        Assert.Equal("min.compaction.lag.ms=200", changed.Config.ToString());
        Refused(ErrorCode.InvalidConfig, await ConfigureAsync(fixture.Catalog, false, ("max.compaction.lag.ms", "199")));
    });

    [Fact]
    public void Configure_WhenOnlyValidated_AnswersWhatItWouldBeAndChangesNothing() => Run(async fixture =>
    {
        var created = Accepted(await fixture.Another().CreateAsync(Asked("a"), default));

        Assert.Equal("retention.ms=1", Accepted(await ConfigureAsync(fixture.Catalog, true, ("retention.ms", "1"))).Config.ToString());

        Refused(ErrorCode.InvalidConfig, await ConfigureAsync(fixture.Catalog, true, ("retention.ms", "x")));
        Assert.Equal(created, Accepted(await fixture.Another().FindAsync("a", default)));
    });

    [Fact]
    public void Configure_WhenTheTopicIsNotThere_IsRefused() => Run(async fixture =>
    {
        Refused(ErrorCode.UnknownTopicOrPartition, await ConfigureAsync(fixture.Catalog, false, ("retention.ms", "1")));
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        Accepted(await fixture.Another().MarkDeletingAsync("a", default));
        Refused(ErrorCode.UnknownTopicOrPartition, await ConfigureAsync(fixture.Catalog, false, ("retention.ms", "1")));
    });

    [Theory]
    [MemberData(nameof(TopicCatalogFaultTests.PassingFaults), MemberType = typeof(TopicCatalogFaultTests))]
    public void Configure_WhenOneWriteFails_IsDoneOnce(string fault) => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        fixture.Faults.On(StorageVerb.CommitRows, TopicCatalogFaultTests.Named(fault));

        Assert.Equal("linger.ms=7", Accepted(await ConfigureAsync(fixture.Catalog, false, ("linger.ms", "7"))).Config.ToString());

        Assert.Equal("linger.ms=7", Accepted(await fixture.Another().FindAsync("a", default)).Config.ToString());
        Assert.True(fixture.Faults.IsSpent);
    });

    [Fact]
    public void Configure_WhenAnotherConfiguresMeanwhile_KeepsBoth() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        fixture.Faults.On(StorageVerb.CommitRows, Fault.Before(async () => Accepted(await ConfigureAsync(fixture.Another(), false, ("segment.ms", "5")))));

        Assert.Equal("linger.ms=7, segment.ms=5", Accepted(await ConfigureAsync(fixture.Catalog, false, ("linger.ms", "7"))).Config.ToString());
    });

    [Fact]
    public void Configure_WhenATryLandsLate_ChangesNothingAnyMore() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        var landing = new TaskCompletionSource();
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LateUntil(landing.Task));
        Accepted(await ConfigureAsync(fixture.Catalog, false, ("linger.ms", "7")));
        Accepted(await ConfigureAsync(fixture.Another(), false, ("linger.ms", "8")));

        landing.SetResult();
        await fixture.Network.LandedAsync();

        Assert.Equal("linger.ms=8", Accepted(await fixture.Another().FindAsync("a", default)).Config.ToString());
    });

    [Fact]
    public void Configure_WhenTheTopicWasDeletedAndCreatedAgainMeanwhile_LeavesTheNewOne() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        fixture.Faults.On(StorageVerb.CommitRows, Fault.Before(async () =>
        {
            await fixture.DeleteAsync("a");
            Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        }));

        Refused(ErrorCode.UnknownTopicOrPartition, await ConfigureAsync(fixture.Catalog, false, ("linger.ms", "7")));

        Assert.Equal(TopicConfig.Default, Accepted(await fixture.Another().FindAsync("a", default)).Config);
    });

    [Theory]
    [InlineData("cleanup.policy", "compact", true)]
    [InlineData("cleanup.policy", "compact,delete", true)]
    [InlineData("min.compaction.lag.ms", "1", true)]
    [InlineData("max.compaction.lag.ms", "1", true)]
    [InlineData("delete.retention.ms", "1", true)]
    [InlineData("min.cleanable.dirty.ratio", "0.1", true)]
    [InlineData("retention.ms", "1", true)]
    [InlineData("retention.bytes", "1", true)]
    [InlineData("segment.ms", "1", true)]
    [InlineData("segment.bytes", "20000", false)]
    [InlineData("linger.ms", "1", false)]
    public void Configure_AnnouncesWhatMakesOtherThingsDue_BeforeItIsWritten(string name, string value, bool isAnnounced) => Run(async fixture =>
    {
        var created = Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        var announced = new List<Topic>();

        Accepted(await fixture.Catalog.ConfigureAsync("a", new Dictionary<string, string?> { [name] = value }, false, AnnounceAsync, default));

        Assert.Equal(isAnnounced ? [created] : [], announced);

        async ValueTask AnnounceAsync(Topic topic)
        {
            announced.Add(topic);
            Assert.Equal(TopicConfig.Default, Accepted(await fixture.Another().FindAsync("a", default)).Config);
        }
    });

    [Fact]
    public void Configure_WhenItCannotBeAnnounced_ChangesNothingAndSaysSo() => Run(async fixture =>
    {
        var created = Accepted(await fixture.Another().CreateAsync(Asked("a"), default));

        var result = await fixture.Catalog.ConfigureAsync(
            "a", new Dictionary<string, string?> { ["retention.ms"] = "1" }, false, _ => throw new StorageUnavailableException("gone"), default);

        Refused(ErrorCode.KafkaStorageError, result);
        Assert.Equal(created, Accepted(await fixture.Another().FindAsync("a", default)));
    });

    private static ValueTask<Result<Topic>> ConfigureAsync(TopicCatalog catalog, bool validateOnly, params (string Name, string? Value)[] changes) => catalog.ConfigureAsync(
        "a", changes.ToDictionary(change => change.Name, change => change.Value), validateOnly, _ => ValueTask.CompletedTask, default);
}
