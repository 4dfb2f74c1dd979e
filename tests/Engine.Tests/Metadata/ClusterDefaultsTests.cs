using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;
using static ManagedLog.Engine.Tests.Metadata.MetadataFixture;

namespace ManagedLog.Engine.Tests.Metadata;

/// <summary>What is set for all topics: its row, with faults at its write and others in between, and what topics make of it.</summary>
public sealed class ClusterDefaultsTests
{
    [Fact]
    public void Configure_SetsAndTakesBack_AndEveryTopicThatSaysNothingElseGoesByIt() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        Accepted(await fixture.Another().CreateAsync(Asked("b", 1, ("retention.ms", "7")), default));
        var (defaults, topics) = Instance(fixture);

        Accepted(await ConfigureAsync(defaults, ("retention.ms", "1000"), ("segment.ms", " 050 ")));

        Assert.Equal("retention.ms=1000, segment.ms=50", Accepted(await Instance(fixture).Defaults.ReadAsync(default)).ToString());
        Assert.Equal((1000, 50), await AgesAsync(topics, "a"));
        Assert.Equal((7, 50), await AgesAsync(topics, "b"));
        Assert.Equal((7, 50), await AgesAsync(Instance(fixture).Topics, "b"));
        Assert.Equal([1000, 7], Accepted(await topics.ListAsync(default)).Select(topic => topic.Config.RetentionAge!.Value.TotalMilliseconds));

        Accepted(await ConfigureAsync(defaults, ("retention.ms", null)));

        Assert.Equal("segment.ms=50", Accepted(await Instance(fixture).Defaults.ReadAsync(default)).ToString());
        Assert.Equal((604_800_000, 50), await AgesAsync(topics, "a"));
    });

    [Fact]
    public void Find_OnAnotherInstance_GoesByAChangeWithinTheAgeOfMetadata_AndReadsTheRowNoMoreOftenThanThat() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        var (_, topics) = Instance(fixture, fixture.Backend);
        await AgesAsync(topics, "a");
        Assert.Equal("ReadRow=2", fixture.Calls.Snapshot().ToString());

        Accepted(await ConfigureAsync(Instance(fixture).Defaults, ("retention.ms", "1000")));
        Assert.Equal((604_800_000, 604_800_000), await AgesAsync(topics, "a"));
        Assert.Equal("ReadRow=2", fixture.Calls.Snapshot().ToString());

        await fixture.WaitAsync(new EngineOptions().MetadataMaxAge + TimeSpan.FromMilliseconds(1));
        Assert.Equal((1000, 604_800_000), await AgesAsync(topics, "a"));
        Assert.Equal("ReadRow=4", fixture.Calls.Snapshot().ToString());
    });

    [Fact]
    public void Find_WhileNothingChanges_AnswersTheSameConfiguration_SoThatNothingIsResolvedAgain() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        Accepted(await ConfigureAsync(Instance(fixture).Defaults, ("retention.ms", "1000")));
        var (defaults, topics) = Instance(fixture);
        var first = Accepted(await topics.FindAsync("a", default)).Config;
        var of = Accepted(await defaults.FindAsync(default));

        await fixture.WaitAsync(TimeSpan.FromSeconds(3));
        Assert.Same(first, Accepted(await topics.FindAsync("a", default)).Config);
        await fixture.WaitAsync(TimeSpan.FromSeconds(3));
        Assert.Same(of, Accepted(await defaults.FindAsync(default)));
    });

    [Fact]
    public void Configure_CostsOneReadAndOneWrite_AndNoWriteWhereNothingChanges() => Run(async fixture =>
    {
        var (defaults, _) = Instance(fixture, fixture.Backend);

        Accepted(await ConfigureAsync(defaults, ("linger.ms", "7")));
        Assert.Equal("ReadRow=1 CommitRows=1", fixture.Calls.Snapshot().ToString());
        Accepted(await ConfigureAsync(defaults, ("linger.ms", "07"), ("segment.ms", null)));
        Assert.Equal("ReadRow=2 CommitRows=1", fixture.Calls.Snapshot().ToString());
        Accepted(await ConfigureAsync(defaults, ("linger.ms", "8")));
        Assert.Equal("ReadRow=3 CommitRows=2", fixture.Calls.Snapshot().ToString());
    });

    [Theory]
    [InlineData("linger.ms", "soon", "linger.ms")]
    [InlineData("no.such.config", "1", "no.such.config")]
    [InlineData("no.such.config", null, "no.such.config")]
    [InlineData("min.insync.replicas", "2", "replication factor")]
    [InlineData("max.compaction.lag.ms", "5", "min.compaction.lag.ms")]
    public void Configure_WhenOneOfThemIsWrong_ChangesNone(string name, string? value, string named) => Run(async fixture =>
    {
        var (defaults, _) = Instance(fixture);
        Accepted(await ConfigureAsync(defaults, ("min.compaction.lag.ms", "10")));

        var result = await ConfigureAsync(defaults, ("retention.ms", "1"), (name, value));

        Refused(ErrorCode.InvalidConfig, result);
        Assert.Contains(named, result.Refusal!.Message, StringComparison.Ordinal);
        Assert.Equal("min.compaction.lag.ms=10", Accepted(await Instance(fixture).Defaults.ReadAsync(default)).ToString());
    });

    [Fact]
    public void Configure_WhenOnlyValidated_AnswersWhatItWouldBeAndChangesNothing() => Run(async fixture =>
    {
        var (defaults, _) = Instance(fixture);

        var would = Accepted(await defaults.ConfigureAsync(new Dictionary<string, string?> { ["retention.ms"] = "1" }, true, _ => throw new InvalidOperationException("announced"), default));

        Assert.Equal("retention.ms=1", would.ToString());
        Assert.Equal("", Accepted(await Instance(fixture).Defaults.ReadAsync(default)).ToString());
    });

    [Theory]
    [MemberData(nameof(FaultsAndRows))]
    public void Configure_WhenOneWriteFails_IsDoneOnce(string fault, bool isRowThere) => Run(async fixture =>
    {
        if (isRowThere)
            Accepted(await ConfigureAsync(Instance(fixture).Defaults, ("segment.ms", "5")));
        fixture.Faults.On(StorageVerb.CommitRows, TopicCatalogFaultTests.Named(fault));

        Accepted(await ConfigureAsync(Instance(fixture, fixture.Backend).Defaults, ("linger.ms", "7")));

        Assert.Equal(isRowThere ? "linger.ms=7, segment.ms=5" : "linger.ms=7", Accepted(await Instance(fixture).Defaults.ReadAsync(default)).ToString());
        Assert.True(fixture.Faults.IsSpent);
    });

    public static TheoryData<string, bool> FaultsAndRows()
    {
        var all = new TheoryData<string, bool>();
        foreach (var isRowThere in (bool[])[false, true])
        {
            foreach (var fault in (string[])[nameof(Fault.LostRequest), nameof(Fault.LostReply), nameof(Fault.Throttled)])
                all.Add(fault, isRowThere);
        }

        return all;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Configure_WhenAnotherConfiguresMeanwhile_KeepsBoth(bool isRowThere) => Run(async fixture =>
    {
        if (isRowThere)
            Accepted(await ConfigureAsync(Instance(fixture).Defaults, ("linger.ms", "9")));
        fixture.Faults.On(StorageVerb.CommitRows, Fault.Before(async () => Accepted(await ConfigureAsync(Instance(fixture).Defaults, ("segment.ms", "5")))));

        Assert.Equal("linger.ms=7, segment.ms=5", Accepted(await ConfigureAsync(Instance(fixture, fixture.Backend).Defaults, ("linger.ms", "7"))).ToString());
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Configure_WhenATryLandsLate_ChangesNothingAnyMore(bool isRowThere) => Run(async fixture =>
    {
        if (isRowThere)
            Accepted(await ConfigureAsync(Instance(fixture).Defaults, ("linger.ms", "9")));
        var landing = new TaskCompletionSource();
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LateUntil(landing.Task));
        Accepted(await ConfigureAsync(Instance(fixture, fixture.Backend).Defaults, ("linger.ms", "7")));
        Accepted(await ConfigureAsync(Instance(fixture).Defaults, ("linger.ms", null)));

        landing.SetResult();
        await fixture.Network.LandedAsync();

        Assert.Equal("", Accepted(await Instance(fixture).Defaults.ReadAsync(default)).ToString());
    });

    [Theory]
    [InlineData("retention.ms", "1", true)]
    [InlineData("cleanup.policy", "compact", true)]
    [InlineData("segment.bytes", "20000", false)]
    public void Configure_AnnouncesWhatMakesOtherThingsDue_BeforeItIsWritten(string name, string value, bool isAnnounced) => Run(async fixture =>
    {
        var announced = new List<string>();

        Accepted(await Instance(fixture).Defaults.ConfigureAsync(new Dictionary<string, string?> { [name] = value }, false, AnnounceAsync, default));

        Assert.Equal(isAnnounced ? [$"{name}={value}"] : [], announced);

        async ValueTask AnnounceAsync(TopicConfig planned)
        {
            announced.Add(planned.ToString());
            Assert.Equal("", Accepted(await Instance(fixture).Defaults.ReadAsync(default)).ToString());
        }
    });

    [Fact]
    public void Configure_WhenItCannotBeAnnounced_ChangesNothingAndSaysSo() => Run(async fixture =>
    {
        var result = await Instance(fixture).Defaults.ConfigureAsync(
            new Dictionary<string, string?> { ["retention.ms"] = "1" }, false, _ => throw new StorageUnavailableException("gone"), default);

        Refused(ErrorCode.KafkaStorageError, result);
        Assert.Equal("", Accepted(await Instance(fixture).Defaults.ReadAsync(default)).ToString());
    });

    [Fact]
    public void Topics_OfTheServiceItself_GoByWhatTheySetAlone() => Run(async fixture =>
    {
        Accepted(await ConfigureAsync(Instance(fixture).Defaults, ("retention.ms", "1000")));
        var (_, topics) = Instance(fixture);

        Accepted(await topics.CreateAsync(Asked("__own"), default));

        Assert.Equal((604_800_000, 604_800_000), await AgesAsync(topics, "__own"));
        Assert.Equal(604_800_000, Accepted(await topics.ListAsync(default)).Single().Config.RetentionAge!.Value.TotalMilliseconds);
    });

    [Fact]
    public void Create_AndConfigure_JudgeTwoConfigsThatBelongTogetherOverTheDefaults() => Run(async fixture =>
    {
        Accepted(await ConfigureAsync(Instance(fixture).Defaults, ("min.compaction.lag.ms", "200")));
        var (defaults, topics) = Instance(fixture);

        Refused(ErrorCode.InvalidConfig, await topics.CreateAsync(Asked("a", 1, ("max.compaction.lag.ms", "100")), default));
        Accepted(await topics.CreateAsync(Asked("a", 1, ("max.compaction.lag.ms", "300")), default));
        Refused(ErrorCode.InvalidConfig, await ConfigureTopicAsync("max.compaction.lag.ms", "199"));

        // A default may contradict what topics have: they can be read and changed, and nothing is compacted sooner than it may be.
        Accepted(await ConfigureAsync(defaults, ("min.compaction.lag.ms", "400")));
        var config = Accepted(await topics.FindAsync("a", default)).Config;
        Assert.Equal((400, 400), (config.MinCompactionLag.TotalMilliseconds, config.MaxCompactionLag.TotalMilliseconds));
        Assert.Equal("linger.ms=1, max.compaction.lag.ms=300", Accepted(await ConfigureTopicAsync("linger.ms", "1")).Config.ToString());

        ValueTask<Result<Topic>> ConfigureTopicAsync(string name, string value) =>
            topics.ConfigureAsync("a", new Dictionary<string, string?> { [name] = value }, false, _ => ValueTask.CompletedTask, default);
    });

    [Fact]
    public void Find_WhenTheDefaultsCannotBeRead_IsRefused_AndNothingIsTakenForUnset() => Run(async fixture =>
    {
        Accepted(await fixture.Another().CreateAsync(Asked("a"), default));
        Accepted(await ConfigureAsync(Instance(fixture).Defaults, ("retention.ms", "-1")));
        var (defaults, _) = Instance(fixture, fixture.Network);
        var topics = new TopicCatalog(fixture.Twin, new EngineOptions(), fixture.Time, fixture.Entropy(), defaults);

        fixture.Faults.On(StorageVerb.ReadRow, Fault.LostReply);
        Refused(ErrorCode.KafkaStorageError, await topics.FindAsync("a", default));
        fixture.Faults.On(StorageVerb.ReadRow, Fault.LostReply);
        Refused(ErrorCode.KafkaStorageError, await topics.ListAsync(default));

        Assert.Null(Accepted(await topics.FindAsync("a", default)).Config.RetentionAge);
    });

    private static (ClusterDefaults Defaults, TopicCatalog Topics) Instance(MetadataFixture fixture, IStorageBackend? backend = null)
    {
        var defaults = new ClusterDefaults(backend ?? fixture.Twin, new EngineOptions(), fixture.Time, fixture.Entropy());
        return (defaults, new TopicCatalog(backend ?? fixture.Twin, new EngineOptions(), fixture.Time, fixture.Entropy(), defaults));
    }

    private static ValueTask<Result<TopicConfig>> ConfigureAsync(ClusterDefaults defaults, params (string Name, string? Value)[] changes) =>
        defaults.ConfigureAsync(changes.ToDictionary(change => change.Name, change => change.Value), false, _ => ValueTask.CompletedTask, default);

    private static async Task<(double Retention, double Segment)> AgesAsync(TopicCatalog topics, string name)
    {
        var config = Accepted(await topics.FindAsync(name, default)).Config;
        return (config.RetentionAge!.Value.TotalMilliseconds, config.SegmentAge.TotalMilliseconds);
    }
}
