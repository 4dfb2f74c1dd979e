using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;
using static ManagedLog.Engine.Tests.Metadata.MetadataFixture;

namespace ManagedLog.Engine.Tests.Metadata;

public sealed class ApiKeysTests
{
    [Fact]
    public void Key_WhenReadByAnInstanceThatHasSeenNothing_IsAsItWasMade() => Run(async fixture =>
    {
        var made = Key(fixture, "k1") with { ExpiresAt = fixture.Time.GetUtcNow().AddDays(3) };
        Accepted(await Keys(fixture).CreateAsync(made, default));

        var read = Accepted(await Another(fixture).FindAsync("k1", default));

        Assert.Equal(made with { Hash = default, Scopes = [] }, read with { Hash = default, Scopes = [] });
        Assert.Equal(made.Hash.ToArray(), read.Hash.ToArray());
        Assert.Equal(made.Scopes, read.Scopes);
    });

    [Theory]
    [InlineData(0.5, 1_000.0, 1e12)]
    [InlineData(20.0, null, null)]
    [InlineData(null, 1.0, null)]
    [InlineData(null, null, 1.0)]
    public void Key_WithAQuota_HasItWhereItIsReadAndListed_AlsoAfterItsUseWasNoted(double? requests, double? bytesIn, double? bytesOut) => Run(async fixture =>
    {
        var quota = new ApiKeyQuota(requests, bytesIn, bytesOut);
        Accepted(await Keys(fixture).CreateAsync(Key(fixture, "k") with { Quota = quota }, default));

        var reader = Keys(fixture);
        Assert.Equal(quota, Accepted(await reader.FindAsync("k", default)).Quota);
        Assert.True(reader.TryRecall("k", out var recalled));
        Assert.Equal(quota, recalled.Quota);
        await reader.Noting;

        var listed = Assert.Single(Accepted(await Another(fixture).ListAsync(default)));
        Assert.NotNull(listed.LastUsedAt);
        Assert.Equal(quota, listed.Quota);
    });

    [Fact]
    public void Row_FromBeforeThereWereQuotas_IsOfAKeyWithout_AndSuchAKeyIsStillStoredSo() => Run(async fixture =>
    {
        var old = new Dictionary<string, RowValue>
        {
            ["Format"] = 1, ["Name"] = "old", ["Hash"] = new byte[32], ["Scopes"] = "produce:topic:a\nconsume:topic:a", ["CreatedAt"] = 1_000L, ["CreatedBy"] = "admin", ["ExpiresAt"] = 0L, ["LastUsedAt"] = 5_000L,
        };
        Assert.True((await fixture.Twin.CommitRowsAsync("cluster", new RowBatch("keys").Insert("k", old), default)).IsDone);

        var key = Accepted(await Keys(fixture).FindAsync("k", default));

        Assert.Null(key.Quota);
        foreach (var same in new[] { key, key with { Quota = new ApiKeyQuota(null, null, null) } })
        {
            var row = ApiKeyRow.Encode(same);
            Assert.Equal(old.Keys.Order(), row.Keys.Order());
            Assert.All(old, property => Assert.Equal(property.Value, row[property.Key]));
        }
    });

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Quota_ThatIsNotAboveZero_IsNotStored(double rate) => Run(async fixture =>
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Keys(fixture).CreateAsync(Key(fixture, "k") with { Quota = new ApiKeyQuota(null, rate, null) }, default).AsTask());
    });

    [Fact]
    public void Keys_WhenListed_AreAllThereByPrefix() => Run(async fixture =>
    {
        var keys = Keys(fixture);
        foreach (var prefix in new[] { "d", "a", "c", "e", "b" })
            Accepted(await keys.CreateAsync(Key(fixture, prefix), default));

        Assert.Equal(["a", "b", "c", "d", "e"], Accepted(await Another(fixture).ListAsync(default)).Select(key => key.Prefix));
    });

    [Fact]
    public void Find_WhileRemembered_CostsNothing_AndThenOneRead() => Run(async fixture =>
    {
        Accepted(await Another(fixture).CreateAsync(Used(fixture, "k"), default));
        var keys = Keys(fixture);
        Assert.False(keys.TryRecall("k", out _));
        Accepted(await keys.FindAsync("k", default));
        await fixture.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.True(keys.TryRecall("k", out var recalled));
        Assert.Equal("k", recalled.Prefix);
        Accepted(await keys.FindAsync("k", default));
        Assert.Equal("ReadRow=1", fixture.Calls.Snapshot().ToString());

        await fixture.WaitAsync(TimeSpan.FromMilliseconds(1));
        Assert.False(keys.TryRecall("k", out _));
        Accepted(await keys.FindAsync("k", default));
        Assert.Equal("ReadRow=2", fixture.Calls.Snapshot().ToString());
    });

    [Fact]
    public void Revoke_IsSeenHereAtOnceAndElsewhereWithinFiveSeconds() => Run(async fixture =>
    {
        var (keys, other) = (Keys(fixture), Another(fixture));
        Accepted(await keys.CreateAsync(Key(fixture, "k"), default));
        Accepted(await keys.FindAsync("k", default));
        Accepted(await other.FindAsync("k", default));

        Assert.True(Accepted(await keys.RevokeAsync("k", default)));

        Refused(ErrorCode.SaslAuthenticationFailed, await keys.FindAsync("k", default));
        Assert.True(other.TryRecall("k", out _));
        await fixture.WaitAsync(TimeSpan.FromMilliseconds(5_001));
        Assert.False(other.TryRecall("k", out _));
        Refused(ErrorCode.SaslAuthenticationFailed, await other.FindAsync("k", default));
        Assert.False(Accepted(await keys.RevokeAsync("k", default)));
    });

    [Fact]
    public void Find_WhenTheKeyIsNotThere_IsRememberedForAMinute_UnlessItIsMadeHere() => Run(async fixture =>
    {
        var keys = Keys(fixture);
        Refused(ErrorCode.SaslAuthenticationFailed, await keys.FindAsync("k", default));
        Accepted(await Another(fixture).CreateAsync(Used(fixture, "k"), default));
        Refused(ErrorCode.SaslAuthenticationFailed, await keys.FindAsync("k", default));
        await fixture.WaitAsync(AbsentKeys.Age);
        Accepted(await keys.FindAsync("k", default));

        Refused(ErrorCode.SaslAuthenticationFailed, await keys.FindAsync("l", default));
        Accepted(await keys.CreateAsync(Used(fixture, "l"), default));
        Accepted(await keys.FindAsync("l", default));
    });

    [Fact]
    public void Find_WhenARevokedKeyIsUsedOn_IsRefusedAsSuch_AndTakesNothingFromTheBudgetOfOthers() => Run(async fixture =>
    {
        var (keys, other) = (Keys(fixture), Another(fixture));
        Accepted(await other.CreateAsync(Used(fixture, "k"), default));
        Accepted(await other.CreateAsync(Used(fixture, "good"), default));
        Accepted(await keys.FindAsync("k", default));
        Assert.True(Accepted(await other.RevokeAsync("k", default)));
        await fixture.WaitAsync(TimeSpan.FromSeconds(6));

        for (var i = 0; i < 10 * LookupBudget.Burst; i++)
            Refused(ErrorCode.SaslAuthenticationFailed, await keys.FindAsync("k", default));
        Assert.Equal("ReadRow=2", fixture.Calls.Snapshot().ToString());
        Accepted(await keys.FindAsync("good", default));
    });

    [Fact]
    public void Absent_HoldsNoMoreThanItsCapacity_AndTheLatestAreIn() => Run(async fixture =>
    {
        var absent = new AbsentKeys(fixture.Time);
        for (var round = 0; round < 3; round++)
            absent.Add("again");
        for (var i = 0; i < AbsentKeys.Capacity - 1; i++)
            absent.Add($"k{i}");
        Assert.True(absent.Contains("again"));
        absent.Add("one-more");
        Assert.False(absent.Contains("again"));
        Assert.True(absent.Contains("k0"));

        await fixture.WaitAsync(AbsentKeys.Age);
        Assert.False(absent.Contains("one-more"));
        absent.Add("k0");
        Assert.True(absent.Contains("k0"));
    });

    [Fact]
    public void Find_WhenUnknownKeysFloodIn_CostsABoundedNumberOfReads_AndHoldsUpNoKeyThatWasSeen() => Run(async fixture =>
    {
        var keys = Keys(fixture);
        Accepted(await Another(fixture).CreateAsync(Used(fixture, "good"), default));
        Accepted(await keys.FindAsync("good", default));
        for (var i = 0; i < LookupBudget.Burst; i++)
            Refused(ErrorCode.SaslAuthenticationFailed, await keys.FindAsync($"bad{i}", default));
        for (var i = 0; i < 1_000; i++)
            Refused(ErrorCode.ThrottlingQuotaExceeded, await keys.FindAsync($"worse{i}", default));
        Assert.Equal($"ReadRow={LookupBudget.Burst + 1}", fixture.Calls.Snapshot().ToString());

        await fixture.WaitAsync(TimeSpan.FromSeconds(6));
        for (var i = 0; i < 6 * LookupBudget.PerSecond; i++)
            Refused(ErrorCode.SaslAuthenticationFailed, await keys.FindAsync($"late{i}", default));
        Refused(ErrorCode.ThrottlingQuotaExceeded, await keys.FindAsync("last", default));
        Accepted(await keys.FindAsync("good", default));
        Refused(ErrorCode.SaslAuthenticationFailed, await keys.FindAsync("NOT/A/PREFIX", default));
    });

    [Fact]
    public void Find_WhenManyGoodKeysComeAtOnce_TakesNothingFromTheBudget() => Run(async fixture =>
    {
        var keys = Keys(fixture);
        for (var i = 0; i < 2 * LookupBudget.Burst; i++)
        {
            Accepted(await Another(fixture).CreateAsync(Used(fixture, $"k{i}"), default));
            Accepted(await keys.FindAsync($"k{i}", default));
        }
    });

    [Fact]
    public void Find_WhenStorageDoesNotAnswer_IsRefusedAndNeverTakenForGood() => Run(async fixture =>
    {
        var keys = Keys(fixture);
        Accepted(await Another(fixture).CreateAsync(Key(fixture, "k"), default));
        Accepted(await keys.FindAsync("k", default));
        await fixture.WaitAsync(TimeSpan.FromSeconds(6));
        fixture.Faults.On(StorageVerb.ReadRow, Fault.Throttled, times: 100);

        Refused(ErrorCode.KafkaStorageError, await keys.FindAsync("k", default));
    });

    [Fact]
    public void Use_IsWrittenOnceAnHour() => Run(async fixture =>
    {
        var keys = Keys(fixture);
        Accepted(await Another(fixture).CreateAsync(Key(fixture, "k"), default));
        for (var i = 0; i < 630; i++)
        {
            Accepted(await keys.FindAsync("k", default));
            await keys.Noting;
            await fixture.WaitAsync(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(2, fixture.Calls.Snapshot()[StorageVerb.CommitRows]);
        Assert.NotNull(Accepted(await Another(fixture).FindAsync("k", default)).LastUsedAt);
    });

    [Fact]
    public void Use_WhenTheKeyIsRevokedMeanwhile_DoesNotBringItBack() => Run(async fixture =>
    {
        var keys = Keys(fixture);
        Accepted(await Another(fixture).CreateAsync(Key(fixture, "k"), default));
        fixture.Faults.On(StorageVerb.CommitRows, Fault.Late(TimeSpan.FromSeconds(30)));
        Accepted(await keys.FindAsync("k", default));
        Assert.True(Accepted(await Another(fixture).RevokeAsync("k", default)));
        await fixture.WaitAsync(TimeSpan.FromMinutes(2));

        Assert.Empty(await fixture.RowsAsync(StorageLayout.ClusterTable, StorageLayout.ApiKeysPartitionKey));
    });

    [Fact]
    public void Use_WhenItCannotBeWritten_HoldsUpNobody() => Run(async fixture =>
    {
        var keys = Keys(fixture);
        Accepted(await Another(fixture).CreateAsync(Key(fixture, "k"), default));
        fixture.Faults.On(StorageVerb.CommitRows, Fault.Throttled, times: 100);

        Accepted(await keys.FindAsync("k", default));
        await keys.Noting;
        Assert.Null(Accepted(await Another(fixture).FindAsync("k", default)).LastUsedAt);
    });

    [Fact]
    public void Create_WhenTheReplyIsLost_IsSettledByReading() => Run(async fixture =>
    {
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LostReply);
        Accepted(await Keys(fixture).CreateAsync(Key(fixture, "k"), default));
        Accepted(await Another(fixture).FindAsync("k", default));
    });

    [Fact]
    public void Create_WhenTheRequestIsLost_IsTriedAgain() => Run(async fixture =>
    {
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LostRequest);
        Accepted(await Keys(fixture).CreateAsync(Key(fixture, "k"), default));
        Accepted(await Another(fixture).FindAsync("k", default));
    });

    [Fact]
    public void Create_WhenStorageNeverAnswers_IsUnknown_AndWhenItIsBusyNothingWasMade() => Run(async fixture =>
    {
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LostRequest, times: WriteTries.MaxFailures);
        Refused(ErrorCode.RequestTimedOut, await Keys(fixture).CreateAsync(Key(fixture, "a"), default));
        fixture.Faults.On(StorageVerb.CommitRows, Fault.Throttled, times: WriteTries.MaxFailures);
        Refused(ErrorCode.KafkaStorageError, await Keys(fixture).CreateAsync(Key(fixture, "b"), default));
    });

    [Fact]
    public void Create_WhenAnotherKeyHasThePrefix_IsRefusedAndThatOneStays() => Run(async fixture =>
    {
        Accepted(await Keys(fixture).CreateAsync(Key(fixture, "k"), default));
        Refused(ErrorCode.KafkaStorageError, await Keys(fixture).CreateAsync(Key(fixture, "k") with { Hash = new byte[32] }, default));
        Assert.Equal(7, Accepted(await Another(fixture).FindAsync("k", default)).Hash.Span[0]);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Revoke_WhenACallIsLost_IsSettled(bool reply) => Run(async fixture =>
    {
        Accepted(await Another(fixture).CreateAsync(Key(fixture, "k"), default));
        fixture.Faults.On(StorageVerb.CommitRows, reply ? Fault.LostReply : Fault.LostRequest);

        Assert.True(Accepted(await Keys(fixture).RevokeAsync("k", default)));

        Assert.Empty(await fixture.RowsAsync(StorageLayout.ClusterTable, StorageLayout.ApiKeysPartitionKey));
    });

    [Fact]
    public void Revoke_WhenStorageIsBusy_IsRefusedAndTheKeyStays() => Run(async fixture =>
    {
        Accepted(await Another(fixture).CreateAsync(Key(fixture, "k"), default));
        fixture.Faults.On(StorageVerb.CommitRows, Fault.Throttled, times: WriteTries.MaxFailures);

        Refused(ErrorCode.KafkaStorageError, await Keys(fixture).RevokeAsync("k", default));

        Accepted(await Another(fixture).FindAsync("k", default));
    });

    [Theory]
    [InlineData("Hash", "text")]
    [InlineData("ExpiresAt", -1L)]
    [InlineData("Scopes", 1)]
    [InlineData("RequestsPerSecond", "text")]
    [InlineData("BytesInPerSecond", 0.0)]
    [InlineData("BytesOutPerSecond", double.NaN)]
    [InlineData("Format", 2)]
    public void Row_WhenAPropertyIsNotValid_IsRefusedAndNamesIt(string name, object value) => Run(async fixture =>
    {
        var row = ApiKeyRow.Encode(Key(fixture, "k"));
        row[name] = RowValue.From(value);
        Assert.True((await fixture.Twin.CommitRowsAsync("cluster", new RowBatch("keys").Insert("k", row), default)).IsDone);

        var thrown = await Assert.ThrowsAsync<InvalidDataException>(() => Keys(fixture).FindAsync("k", default).AsTask());
        Assert.Contains(name == "Format" ? "format" : name, thrown.Message, StringComparison.Ordinal);
    });

    private static ApiKeys Keys(MetadataFixture fixture) => new(fixture.Backend, new EngineOptions(), fixture.Time, fixture.Entropy());

    /// <summary>Another instance, without faults, that has seen nothing.</summary>
    private static ApiKeys Another(MetadataFixture fixture) => new(fixture.Twin, new EngineOptions(), fixture.Time, fixture.Entropy());

    private static ApiKey Key(MetadataFixture fixture, string prefix) =>
        new(prefix, "a name", Enumerable.Repeat((byte)7, 32).ToArray(), ["produce:topic:orders*", "consume:topic:a"], Now(fixture), "admin", null, null);

    /// <summary>One whose use needs no note.</summary>
    private static ApiKey Used(MetadataFixture fixture, string prefix) => Key(fixture, prefix) with { LastUsedAt = Now(fixture) };

    private static DateTimeOffset Now(MetadataFixture fixture) => DateTimeOffset.FromUnixTimeMilliseconds(fixture.Time.GetUtcNow().ToUnixTimeMilliseconds());
}
